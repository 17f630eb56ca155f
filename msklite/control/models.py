"""The requests of MSK's API as pydantic models; members are named as on the wire.

Unknown members are ignored, as AWS does; a wrong type, a missing member or a value outside its
limits is refused with the member's name (`parse`). What a caller left out is not in `sent`, so that
describe shows no block that nobody asked for. The shapes that requests share are in
`control/shapes`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from msklite.control.errors import bad_request
from msklite.control.shapes import (
    BrokerNodeGroup,
    ClientAuthentication,
    ConfigurationInfo,
    ConnectivityInfo,
    EncryptionInfo,
    LoggingInfo,
    Monitoring,
    OpenMonitoring,
    ProvisionedThroughput,
    Rebalancing,
    Shape,
    StorageMode,
    Tags,
    VolumeInfo,
)

M = TypeVar("M", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=1, le=15)]


class Nothing(Shape):
    """A request without a body."""


class Provisioned(Shape):
    """What a provisioned cluster is to be."""

    brokerNodeGroupInfo: BrokerNodeGroup
    kafkaVersion: Annotated[str, Field(min_length=1, max_length=128)]
    numberOfBrokerNodes: Count
    clientAuthentication: ClientAuthentication | None = None
    configurationInfo: ConfigurationInfo | None = None
    encryptionInfo: EncryptionInfo | None = None
    enhancedMonitoring: Monitoring | None = None
    openMonitoring: OpenMonitoring | None = None
    loggingInfo: LoggingInfo | None = None
    storageMode: StorageMode | None = None
    rebalancing: Rebalancing | None = None


class CreateCluster(Provisioned):
    """POST /v1/clusters."""

    clusterName: Name
    tags: Tags | None = None


class CreateClusterV2(Shape):
    """POST /api/v2/clusters."""

    clusterName: Name
    tags: Tags | None = None
    provisioned: Provisioned | None = None
    serverless: dict[str, Any] | None = None


class CreateConfiguration(Shape):
    """POST /v1/configurations."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    serverProperties: str
    description: str | None = None
    kafkaVersions: list[str] | None = None


class UpdateConfiguration(Shape):
    """PUT /v1/configurations/{arn}."""

    serverProperties: str
    description: str | None = None


class Versioned(Shape):
    """An update names the version of the cluster that it saw."""

    currentVersion: str


class UpdateBrokerCount(Versioned):
    """PUT .../nodes/count."""

    targetNumberOfBrokerNodes: Count


class UpdateBrokerStorage(Versioned):
    """PUT .../nodes/storage."""

    targetBrokerEBSVolumeInfo: Annotated[list[VolumeInfo], Field(min_length=1)]


class UpdateBrokerType(Versioned):
    """PUT .../nodes/type."""

    targetInstanceType: Annotated[str, Field(min_length=5, max_length=64)]
    topicReassignment: Literal["AUTO", "MANUAL"] | None = None


class UpdateClusterConfiguration(Versioned):
    """PUT .../configuration."""

    configurationInfo: ConfigurationInfo


class UpdateClusterKafkaVersion(Versioned):
    """PUT .../version."""

    targetKafkaVersion: str
    configurationInfo: ConfigurationInfo | None = None


class UpdateMonitoring(Versioned):
    """PUT .../monitoring."""

    enhancedMonitoring: Monitoring | None = None
    openMonitoring: OpenMonitoring | None = None
    loggingInfo: LoggingInfo | None = None


class UpdateSecurity(Versioned):
    """PATCH .../security."""

    clientAuthentication: ClientAuthentication | None = None
    encryptionInfo: EncryptionInfo | None = None


class UpdateStorage(Versioned):
    """PUT .../storage."""

    storageMode: StorageMode | None = None
    volumeSizeGB: int | None = None
    provisionedThroughput: ProvisionedThroughput | None = None


class ZookeeperAccess(Shape):
    """Whether clients may reach ZooKeeper."""

    enabled: bool | None = None


class UpdateConnectivity(Versioned):
    """PUT .../connectivity."""

    connectivityInfo: ConnectivityInfo | None = None
    zookeeperAccess: ZookeeperAccess | None = None


class UpdateRebalancing(Versioned):
    """PUT .../rebalancing."""

    rebalancing: Rebalancing


class RebootBroker(Shape):
    """PUT .../reboot-broker."""

    brokerIds: Annotated[list[str], Field(min_length=1)]


class TagResource(Shape):
    """POST /v1/tags/{arn}."""

    tags: Tags


class CreateTopic(Shape):
    """POST .../topics."""

    topicName: str
    partitionCount: Annotated[int, Field(ge=1)]
    replicationFactor: Annotated[int, Field(ge=1)]
    configs: str | None = None


class UpdateTopic(Shape):
    """PUT .../topics/{name}."""

    partitionCount: int | None = None
    configs: str | None = None


class PutClusterPolicy(Shape):
    """PUT .../policy."""

    policy: str
    currentVersion: str | None = None


def parse(model: type[M], data: dict[str, Any]) -> M:
    """The request as its model; BadRequest that names the member which is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = [str(p) for p in first["loc"]]
        text = "is required" if first["type"] == "missing" else f"is invalid: {first['msg']}"
        where = ".".join(path)
        raise bad_request(f"The parameter {where} {text}.", path[0] if path else None) from None


def sent(shape: BaseModel) -> dict[str, Any]:
    """What the caller sent, and nothing else."""
    return shape.model_dump(exclude_unset=True, exclude_none=True, mode="json")
