"""Start the service: ``python -m services.crud``."""

from services.common.runtime.main import main  # isort: skip - patches the standard library first

from services.crud.service import CrudService

main(CrudService)
