"""What can be wrong before a function runs. `code` and `status` are Lambda's own."""


class InvokeError(Exception):
    code = "ServiceException"
    status = 500


class NoSuchFunction(InvokeError):
    code = "ResourceNotFoundException"
    status = 404


class RoleNotAssumable(InvokeError):
    """The function's role does not trust Lambda."""

    code = "AccessDeniedException"
    status = 403


class BadPackage(InvokeError):
    """The code or a layer is no zip that can be unpacked."""

    code = "InvalidZipFileException"
    status = 502


class RuntimeUnavailable(InvokeError):
    """This machine has no interpreter of the function's runtime."""

    code = "InvalidRuntimeException"
    status = 502


class BadRequest(InvokeError):
    code = "InvalidRequestContentException"
    status = 400
