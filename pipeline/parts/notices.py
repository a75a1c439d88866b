"""Who is told of the pipeline's events: topics for people and for chat applications, and the rules that publish."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from pipeline.config.service import Notices, Service
from pipeline.parts.channels import Channels
from pipeline.parts.sentences import Words, happenings

EVENTS, ALARMS = "events.amazonaws.com", "cloudwatch.amazonaws.com"


class Told(Construct):
    """`topics`: all that alarms go to. Mails get sentences; chat applications show nothing but their own JSON."""

    def __init__(self, scope: Construct, construct_id: str, service: Service, notices: Notices) -> None:
        super().__init__(scope, construct_id)
        self._name = service.name
        self._publishers = [EVENTS, ALARMS] if service.watch and service.watch.alarms else [EVENTS]
        key = self._encryption() if notices.mail or notices.chats else None
        people = [self._people(notices, key)] if notices.mail else []
        machines: list[sns.ITopic] = [self._chat(notices, key)] if notices.chats else []
        machines += [sns.Topic.from_topic_arn(self, "Given", notices.topic)] if notices.topic else []
        self.topics: list[sns.ITopic] = [*people, *machines]
        known = happenings(service.environments[-1].name)
        for word in notices.on:
            said, shown = known[word].sentence(self._name), known[word].notification(self._name)
            targets = [_target(f"People{number}", topic, said) for number, topic in enumerate(people)]
            targets += [_target(f"Machine{number}", topic, shown) for number, topic in enumerate(machines)]
            events.CfnRule(
                self,
                f"Rule-{word}",
                name=f"{self._name}-{word}",
                description=f"Tells of {self._name}: {word}",
                event_pattern=known[word].pattern(self._name),
                targets=targets,
            )

    def _encryption(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"What {self._name} tells of releases",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # messages are not kept
        )
        using = iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            principals=[iam.ServicePrincipal(name) for name in self._publishers],
        )
        key.add_to_resource_policy(using)
        return key

    def _people(self, notices: Notices, key: kms.IKey | None) -> sns.Topic:
        topic = self._topic("People", "mail", key)
        for address in notices.mail:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        return topic

    def _chat(self, notices: Notices, key: kms.IKey | None) -> sns.Topic:
        topic = self._topic("Chat", "chat", key)
        Channels(self, "Channels", self._name, notices, topic)
        return topic

    def _topic(self, construct_id: str, purpose: str, key: kms.IKey | None) -> sns.Topic:
        topic = sns.Topic(
            self,
            construct_id,
            topic_name=f"{self._name}-{purpose}",
            display_name=f"{self._name} releases",
            master_key=key,
            enforce_ssl=True,
        )
        for publisher in self._publishers:
            topic.add_to_resource_policy(_publish(topic, publisher))
        return topic


def _target(target_id: str, topic: sns.ITopic, words: Words) -> events.CfnRule.TargetProperty:
    said = events.CfnRule.InputTransformerProperty(input_template=words.template, input_paths_map=words.paths)
    return events.CfnRule.TargetProperty(id=target_id, arn=topic.topic_arn, input_transformer=said)


def _publish(topic: sns.ITopic, publisher: str) -> iam.PolicyStatement:
    """EventBridge's requests fulfil no condition: AWS says that a statement for it must not have one."""
    ours = None if publisher == EVENTS else {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    return iam.PolicyStatement(
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        principals=[iam.ServicePrincipal(publisher)],
        conditions=ours,
    )
