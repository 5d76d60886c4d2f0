"""Start the service: ``python -m services.auth``."""

from services.common.runtime.main import main  # isort: skip - patches the standard library first

from services.auth.service import AuthService

main(AuthService)
