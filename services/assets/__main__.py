"""Start the service: ``python -m services.assets``."""

from services.common.runtime.main import main  # isort: skip - patches the standard library first

from services.assets.service import AssetsService

main(AssetsService)
