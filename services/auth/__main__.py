"""Start the service: ``python -m services.auth``."""

from services.common.main import main  # isort: skip - patches the standard library first

from services.auth.service import AuthService

main(AuthService)
