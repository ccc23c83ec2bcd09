"""What Amazon's error codes mean to the fleet (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html)."""

from webapp.fleet.providers import Limited, NoCapacity, NotAllowed, ProviderTrouble, Unreachable

LONGEST_MESSAGE = 300  # of Amazon; some carry kilobytes of encoded text
LONGEST_PAUSE = 600.0  # seconds

NO_CAPACITY = {
    "InsufficientInstanceCapacity": "Amazon has no such machine in that zone at this moment.",
    "InsufficientHostCapacity": "Amazon has no such machine in that zone at this moment.",
    "InsufficientReservedInstanceCapacity": "Amazon has no such machine in that zone at this moment.",
    "Unsupported": "Amazon does not offer this type in that zone, or not in this way.",
    "SpotMaxPriceTooLow": "The spot market asks more than the launch template allows.",
    "MaxSpotInstanceCountExceeded": "The account may have no more machines of the spot market. Ask for more under Service Quotas, EC2.",
    "InstanceLimitExceeded": "The account may have no more machines of this type. Ask for more under Service Quotas, EC2.",
    "VcpuLimitExceeded": "The account may have no more machines of this kind. Ask for more vCPUs under Service Quotas, EC2.",
    "InsufficientFreeAddressesInSubnet": "The subnet of that zone has no free address left. Tag a larger one.",
}
LIMITED = {
    "RequestLimitExceeded": "Amazon is asked too often and wants a pause.",
    "Throttling": "Amazon is asked too often and wants a pause.",
    "ThrottlingException": "Amazon is asked too often and wants a pause.",
    "RequestThrottled": "Amazon is asked too often and wants a pause.",
    "TooManyRequestsException": "Amazon is asked too often and wants a pause.",
    "IncorrectInstanceState": "The machine is between two states and cannot be told anything now.",
    "IncorrectState": "The machine is between two states and cannot be told anything now.",
    "ConcurrentTagAccess": "Something else changes the tags of the machine at this moment.",
}
UNREACHABLE = {"InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable", "RequestTimeout"}
NOT_ALLOWED = {
    "UnauthorizedOperation": "The account of the controller may not do that. Attach deploy/ec2/controller-policy.json to its role.",
    "AccessDenied": "The account of the controller may not do that. Attach deploy/ec2/controller-policy.json to its role.",
    "AuthFailure": "Amazon does not know the account of the controller. Check its keys or its role.",
    "InvalidClientTokenId": "Amazon does not know the account of the controller. Check its keys or its role.",
    "SignatureDoesNotMatch": "Amazon refuses the key of the controller. Check it, and the clock of this machine.",
    "ExpiredToken": "The key of the controller has run out. Give it a role, or a new key.",
    "RequestExpired": "Amazon says that this request is old. Set the clock of this machine.",
    "OptInRequired": "The account is not signed up for EC2 in this region.",
    "PendingVerification": "Amazon still checks the account; it allows machines when that is done.",
    "InvalidLaunchTemplateName.NotFoundException": "There is no such launch template. Make it from deploy/ec2/launch-template.json.",
    "InvalidAMIID.NotFound": "The image of the launch template does not exist in this region.",
    "InvalidAMIID.Unavailable": "The image of the launch template cannot be used now.",
}


class OnlyTried(ProviderTrouble):
    """It would have been done, and was only to be tried."""


def meaning(code: str, message: str, status: int, retry_after: str = "") -> ProviderTrouble:
    """The error for a code and a message of Amazon. status: of HTTP; retry_after: the header of that name, in seconds."""
    said = f"({code}: {message[:LONGEST_MESSAGE]})"
    if code == "DryRunOperation":
        return OnlyTried(message)
    if code in NO_CAPACITY:
        return NoCapacity(f"{NO_CAPACITY[code]} {said}")
    if code in LIMITED:
        return Limited(f"{LIMITED[code]} {said}", pause(retry_after))
    if code in UNREACHABLE or status >= 500:
        return Unreachable(f"Amazon has trouble of its own; what was asked may or may not be done. {said}")
    return NotAllowed(f"{NOT_ALLOWED.get(code, 'Amazon refuses that.')} {said}")


def pause(retry_after: str, default: float = 30.0) -> float:
    """Seconds until the next try."""
    return min(float(retry_after), LONGEST_PAUSE) if retry_after.isascii() and retry_after.isdigit() else default
