"""The shapes that several of MSK's requests and replies share; members are named as on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Monitoring = Literal["DEFAULT", "PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"]
StorageMode = Literal["LOCAL", "TIERED"]
Tags = Annotated[
    dict[
        Annotated[str, Field(min_length=1, max_length=128)], Annotated[str, Field(max_length=256)]
    ],
    Field(max_length=50),
]


class Shape(BaseModel):
    """A structure of the API: types as they are, no guessing; unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Enabled(Shape):
    """`{enabled}`."""

    enabled: bool | None = None


class Sasl(Shape):
    """SASL mechanisms."""

    scram: Enabled | None = None
    iam: Enabled | None = None


class Tls(Shape):
    """Mutual TLS."""

    certificateAuthorityArnList: list[str] | None = None
    enabled: bool | None = None


class ClientAuthentication(Shape):
    """How clients say who they are."""

    sasl: Sasl | None = None
    tls: Tls | None = None
    unauthenticated: Enabled | None = None


class AtRest(Shape):
    """The key of the volumes."""

    dataVolumeKMSKeyId: str


class InTransit(Shape):
    """TLS, plain text or both, and between brokers."""

    clientBroker: Literal["TLS", "TLS_PLAINTEXT", "PLAINTEXT"] | None = None
    inCluster: bool | None = None


class EncryptionInfo(Shape):
    """Both."""

    encryptionAtRest: AtRest | None = None
    encryptionInTransit: InTransit | None = None


class ConfigurationInfo(Shape):
    """A configuration's revision."""

    arn: str
    revision: Annotated[int, Field(ge=1)]


class ProvisionedThroughput(Shape):
    """Of a volume."""

    enabled: bool | None = None
    volumeThroughput: int | None = None


class EbsStorage(Shape):
    """A broker's volume, in GiB."""

    provisionedThroughput: ProvisionedThroughput | None = None
    volumeSize: Annotated[int, Field(ge=1, le=16384)] | None = None


class Storage(Shape):
    """Where a broker's data lie."""

    ebsStorageInfo: EbsStorage | None = None


class VolumeInfo(Shape):
    """A volume that is to change: of one broker or of all."""

    kafkaBrokerNodeId: str
    volumeSizeGB: int | None = None
    provisionedThroughput: ProvisionedThroughput | None = None


class PublicAccess(Shape):
    """From the internet."""

    type: str | None = None


class VpcSasl(Shape):
    """SASL mechanisms over VPC connections."""

    scram: Enabled | None = None
    iam: Enabled | None = None


class VpcAuthentication(Shape):
    """How clients of other VPCs say who they are."""

    sasl: VpcSasl | None = None
    tls: Enabled | None = None


class VpcConnectivity(Shape):
    """Private connections from other VPCs."""

    clientAuthentication: VpcAuthentication | None = None


class ConnectivityInfo(Shape):
    """From where brokers can be reached."""

    publicAccess: PublicAccess | None = None
    vpcConnectivity: VpcConnectivity | None = None
    networkType: Literal["IPV4", "DUAL"] | None = None


class BrokerNodeGroup(Shape):
    """What brokers run on."""

    instanceType: Annotated[str, Field(min_length=5, max_length=64)]
    clientSubnets: Annotated[list[str], Field(min_length=1)]
    securityGroups: list[str] | None = None
    brokerAZDistribution: Literal["DEFAULT"] | None = None
    storageInfo: Storage | None = None
    connectivityInfo: ConnectivityInfo | None = None
    zoneIds: list[str] | None = None


class JmxExporter(Shape):
    """One of the two exporters."""

    enabledInBroker: bool


class Prometheus(Shape):
    """The exporters of open monitoring."""

    jmxExporter: JmxExporter | None = None
    nodeExporter: JmxExporter | None = None


class OpenMonitoring(Shape):
    """Metrics in Prometheus' format."""

    prometheus: Prometheus


class CloudWatchLogs(Shape):
    """A destination of logs."""

    enabled: bool
    logGroup: str | None = None


class Firehose(Shape):
    """A destination of logs."""

    enabled: bool
    deliveryStream: str | None = None


class S3Logs(Shape):
    """A destination of logs."""

    enabled: bool
    bucket: str | None = None
    prefix: str | None = None


class BrokerLogs(Shape):
    """Where logs are wanted."""

    cloudWatchLogs: CloudWatchLogs | None = None
    firehose: Firehose | None = None
    s3: S3Logs | None = None


class LoggingInfo(Shape):
    """The brokers' logs and the authorizer's."""

    brokerLogs: BrokerLogs
    authorizerLogs: BrokerLogs | None = None


class Rebalancing(Shape):
    """Of Express brokers."""

    status: Literal["PAUSED", "ACTIVE"] | None = None
