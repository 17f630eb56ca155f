# A local MSK cluster by Terraform: start `msklite serve`, then
#   terraform init && terraform apply -var endpoint=http://127.0.0.1:4600
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { default = "http://127.0.0.1:4600" }
variable "name" { default = "terraform" }
variable "brokers" { default = 3 }
variable "volume_gb" { default = 1 }
variable "kafka_version" { default = "3.8.x" }
variable "properties" { default = "num.partitions=3\n" }
variable "monitoring" { default = "DEFAULT" }
variable "tags" { default = { team = "orders" } }

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "any"
  secret_key                  = "thing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    kafka = var.endpoint
  }
}

resource "aws_msk_configuration" "this" {
  name              = var.name
  server_properties = var.properties
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.brokers
  enhanced_monitoring    = var.monitoring
  tags                   = var.tags

  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    client_subnets  = ["subnet-a", "subnet-b", "subnet-c"]
    security_groups = ["sg-1"]
    storage_info {
      ebs_storage_info {
        volume_size = var.volume_gb
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  encryption_info {
    encryption_in_transit {
      client_broker = "TLS_PLAINTEXT"
    }
  }
}

data "aws_msk_cluster" "this" {
  cluster_name = aws_msk_cluster.this.cluster_name
}

data "aws_msk_broker_nodes" "this" {
  cluster_arn = aws_msk_cluster.this.arn
}

output "arn" { value = aws_msk_cluster.this.arn }
output "bootstrap" { value = aws_msk_cluster.this.bootstrap_brokers }
output "bootstrap_tls" { value = data.aws_msk_cluster.this.bootstrap_brokers_tls }
output "brokers" { value = length(data.aws_msk_broker_nodes.this.node_info_list) }
