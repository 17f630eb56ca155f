"""Every operation of MSK's API: how it is called, what reads it, and who does it.

A row's handler is `msklite/control/api/FILE.FUNCTION`. An operation that isn't served has a row in
UNSERVED with the reason: it is refused in MSK's shape, at its own path.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from msklite.control import models as m
from msklite.control.shapes import Shape


@dataclass(slots=True, frozen=True)
class Operation:
    """One operation."""

    name: str
    method: str
    path: str
    """A template; `{member}` is one segment, which may carry encoded slashes."""
    handler: str
    """`file.function`; empty: not served."""
    model: type[Shape] = m.Nothing
    status: int = 200
    refusal: str = ""

    @property
    def parts(self) -> list[str]:
        """The template's segments."""
        return self.path.split("/")[1:]

    def load(self) -> Any:
        """The handler."""
        file, _, function = self.handler.partition(".")
        return getattr(import_module(f"msklite.control.api.{file}"), function)

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The members that the path gives; None: it is another operation's path."""
        parts = self.parts
        if len(parts) != len(segments):
            return None
        found = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = segment
            elif part != segment:
                return None
        return found


C = "/v1/clusters/{clusterArn}"
SERVED = (
    Operation("CreateCluster", "POST", "/v1/clusters", "clusters.create_cluster", m.CreateCluster),
    Operation("CreateClusterV2", "POST", "/api/v2/clusters", "clusters.create_cluster_v2",
              m.CreateClusterV2),
    Operation("DescribeCluster", "GET", C, "clusters.describe_cluster"),
    Operation("DescribeClusterV2", "GET", "/api/v2/clusters/{clusterArn}",
              "clusters.describe_cluster_v2"),
    Operation("ListClusters", "GET", "/v1/clusters", "clusters.list_clusters"),
    Operation("ListClustersV2", "GET", "/api/v2/clusters", "clusters.list_clusters_v2"),
    Operation("DeleteCluster", "DELETE", C, "clusters.delete_cluster"),
    Operation("GetBootstrapBrokers", "GET", f"{C}/bootstrap-brokers",
              "clusters.get_bootstrap_brokers"),
    Operation("ListNodes", "GET", f"{C}/nodes", "clusters.list_nodes"),
    Operation("ListKafkaVersions", "GET", "/v1/kafka-versions", "versions.list_kafka_versions"),
    Operation("GetCompatibleKafkaVersions", "GET", "/v1/compatible-kafka-versions",
              "versions.get_compatible_kafka_versions"),
    Operation("CreateConfiguration", "POST", "/v1/configurations",
              "configurations.create_configuration", m.CreateConfiguration),
    Operation("DescribeConfiguration", "GET", "/v1/configurations/{arn}",
              "configurations.describe_configuration"),
    Operation("DescribeConfigurationRevision", "GET",
              "/v1/configurations/{arn}/revisions/{revision}",
              "configurations.describe_configuration_revision"),
    Operation("UpdateConfiguration", "PUT", "/v1/configurations/{arn}",
              "configurations.update_configuration", m.UpdateConfiguration),
    Operation("DeleteConfiguration", "DELETE", "/v1/configurations/{arn}",
              "configurations.delete_configuration"),
    Operation("ListConfigurations", "GET", "/v1/configurations",
              "configurations.list_configurations"),
    Operation("ListConfigurationRevisions", "GET", "/v1/configurations/{arn}/revisions",
              "configurations.list_configuration_revisions"),
    Operation("TagResource", "POST", "/v1/tags/{resourceArn}", "tags.tag_resource",
              m.TagResource, 204),
    Operation("UntagResource", "DELETE", "/v1/tags/{resourceArn}", "tags.untag_resource",
              status=204),
    Operation("ListTagsForResource", "GET", "/v1/tags/{resourceArn}",
              "tags.list_tags_for_resource"),
    Operation("DescribeClusterOperation", "GET", "/v1/operations/{clusterOperationArn}",
              "operations.describe_cluster_operation"),
    Operation("DescribeClusterOperationV2", "GET", "/api/v2/operations/{clusterOperationArn}",
              "operations.describe_cluster_operation_v2"),
    Operation("ListClusterOperations", "GET", f"{C}/operations",
              "operations.list_cluster_operations"),
    Operation("ListClusterOperationsV2", "GET", "/api/v2/clusters/{clusterArn}/operations",
              "operations.list_cluster_operations_v2"),
    Operation("UpdateBrokerCount", "PUT", f"{C}/nodes/count", "updates.update_broker_count",
              m.UpdateBrokerCount),
    Operation("UpdateBrokerStorage", "PUT", f"{C}/nodes/storage",
              "updates.update_broker_storage", m.UpdateBrokerStorage),
    Operation("UpdateBrokerType", "PUT", f"{C}/nodes/type", "updates.update_broker_type",
              m.UpdateBrokerType),
    Operation("UpdateClusterConfiguration", "PUT", f"{C}/configuration",
              "updates.update_cluster_configuration", m.UpdateClusterConfiguration),
    Operation("UpdateClusterKafkaVersion", "PUT", f"{C}/version",
              "updates.update_cluster_kafka_version", m.UpdateClusterKafkaVersion),
    Operation("UpdateConnectivity", "PUT", f"{C}/connectivity", "updates.update_connectivity",
              m.UpdateConnectivity),
    Operation("UpdateMonitoring", "PUT", f"{C}/monitoring", "updates.update_monitoring",
              m.UpdateMonitoring),
    Operation("UpdateRebalancing", "PUT", f"{C}/rebalancing", "updates.update_rebalancing",
              m.UpdateRebalancing),
    Operation("UpdateSecurity", "PATCH", f"{C}/security", "updates.update_security",
              m.UpdateSecurity),
    Operation("UpdateStorage", "PUT", f"{C}/storage", "updates.update_storage", m.UpdateStorage),
    Operation("RebootBroker", "PUT", f"{C}/reboot-broker", "updates.reboot_broker",
              m.RebootBroker),
    Operation("CreateTopic", "POST", f"{C}/topics", "topics.create_topic", m.CreateTopic),
    Operation("DescribeTopic", "GET", f"{C}/topics/{{topicName}}", "topics.describe_topic"),
    Operation("UpdateTopic", "PUT", f"{C}/topics/{{topicName}}", "topics.update_topic",
              m.UpdateTopic),
    Operation("DeleteTopic", "DELETE", f"{C}/topics/{{topicName}}", "topics.delete_topic"),
    Operation("ListTopics", "GET", f"{C}/topics", "topics.list_topics"),
    Operation("DescribeTopicPartitions", "GET", f"{C}/topics/{{topicName}}/partitions",
              "topics.describe_topic_partitions"),
    Operation("PutClusterPolicy", "PUT", f"{C}/policy", "policies.put_cluster_policy",
              m.PutClusterPolicy),
    Operation("GetClusterPolicy", "GET", f"{C}/policy", "policies.get_cluster_policy"),
    Operation("DeleteClusterPolicy", "DELETE", f"{C}/policy", "policies.delete_cluster_policy"),
)  # fmt: skip


def _unserved(reason: str, *rows: tuple[str, str, str]) -> tuple[Operation, ...]:
    return tuple(Operation(name, method, path, "", refusal=reason) for name, method, path in rows)


REPLICATORS = "/replication/v1/replicators"
UNSERVED = (
    *_unserved(
        "A VPC connection, for which MSK asks for IAM, SASL/SCRAM or mutual TLS on the cluster,",
        ("CreateVpcConnection", "POST", "/v1/vpc-connection"),
        ("DescribeVpcConnection", "GET", "/v1/vpc-connection/{arn}"),
        ("DeleteVpcConnection", "DELETE", "/v1/vpc-connection/{arn}"),
        ("ListVpcConnections", "GET", "/v1/vpc-connections"),
        ("ListClientVpcConnections", "GET", f"{C}/client-vpc-connections"),
        ("RejectClientVpcConnection", "PUT", f"{C}/client-vpc-connection"),
    ),
    *_unserved(
        "SASL/SCRAM",
        ("BatchAssociateScramSecret", "POST", f"{C}/scram-secrets"),
        ("BatchDisassociateScramSecret", "PATCH", f"{C}/scram-secrets"),
        ("ListScramSecrets", "GET", f"{C}/scram-secrets"),
    ),
    *_unserved(
        "MSK Replicator",
        ("CreateReplicator", "POST", REPLICATORS),
        ("DescribeReplicator", "GET", f"{REPLICATORS}/{{replicatorArn}}"),
        ("DeleteReplicator", "DELETE", f"{REPLICATORS}/{{replicatorArn}}"),
        ("ListReplicators", "GET", REPLICATORS),
        ("UpdateReplicationInfo", "PUT", f"{REPLICATORS}/{{replicatorArn}}/replication-info"),
    ),
    *_unserved(
        "MSK Channels",
        ("CreateChannel", "POST", f"{C}/channels"),
        ("DescribeChannel", "GET", f"{C}/channels/{{channelArn}}"),
        ("UpdateChannel", "PUT", f"{C}/channels/{{channelArn}}"),
        ("DeleteChannel", "DELETE", f"{C}/channels/{{channelArn}}"),
        ("ListChannels", "GET", f"{C}/channels"),
    ),
    *_unserved(
        "Assessments of clusters",
        ("CreateAssessment", "POST", f"{C}/assessments"),
        ("DescribeAssessment", "GET", f"{C}/assessments/{{assessmentArn}}"),
        ("DeleteAssessment", "DELETE", f"{C}/assessments/{{assessmentArn}}"),
        ("ListAssessments", "GET", f"{C}/assessments"),
        ("ListAssessmentFindings", "GET", f"{C}/assessments/{{assessmentArn}}/findings"),
    ),
    *_unserved(
        "Topic reassignment by MSK, which moves topics to Express brokers,",
        ("StartTopicReassignment", "POST", f"{C}/topic-reassignments"),
        ("ListTopicReassignments", "GET", f"{C}/topic-reassignments"),
        ("DescribeTopicReassignment", "GET",
         f"{C}/topic-reassignments/{{topicReassignmentOperationArn}}"),
        ("StopTopicReassignment", "POST",
         f"{C}/topic-reassignments/{{topicReassignmentOperationArn}}/stop"),
    ),
)  # fmt: skip
OPERATIONS = (*SERVED, *UNSERVED)
