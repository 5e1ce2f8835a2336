"""Answer and target to numbers: what a reply says, to whom it belongs, what an answer is worth.

`METRICS` is the shelf of metrics: of a belief over options, of a reply, of the samples of an item, of a set
of items. Each says its range, which way is better, and whether it moves by degrees (`metric.py`). The
functions stand in a folder for each kind.
"""

import math
from collections.abc import Mapping

from taskc.metrics.metric import Metric
from taskc.metrics.of_items.ece import ece, ece_adaptive
from taskc.metrics.of_items.logodds_difference import logodds_difference
from taskc.metrics.of_items.normalised_score import normalised_score
from taskc.metrics.of_options.accuracy import accuracy
from taskc.metrics.of_options.brier import brier
from taskc.metrics.of_options.confidence import confidence
from taskc.metrics.of_options.label_mass import label_mass
from taskc.metrics.of_options.logodds import logodds
from taskc.metrics.of_options.logprob import (
    logprob,
    logprob_over_unconditional,
    logprob_per_byte,
    logprob_per_token,
)
from taskc.metrics.of_options.loss import loss
from taskc.metrics.of_options.margin import margin
from taskc.metrics.of_options.outside import outside
from taskc.metrics.of_replies.bleu import bleu
from taskc.metrics.of_replies.chrf import chrf
from taskc.metrics.of_replies.contains import contains
from taskc.metrics.of_replies.exact_match import exact_match
from taskc.metrics.of_replies.normalised_match import normalised_match
from taskc.metrics.of_replies.numeric import numeric_error, numeric_match
from taskc.metrics.of_replies.rouge import rouge1, rouge2, rougeL
from taskc.metrics.of_replies.token_f1 import token_f1
from taskc.metrics.of_samples.majority_vote import majority_vote
from taskc.metrics.of_samples.pass_at_k import pass_at_k

_ANY = math.inf

METRICS: Mapping[str, Metric] = {
    "accuracy": Metric(function=accuracy, of="options", continuous=False),
    "logprob": Metric(function=logprob, of="options", low=-_ANY, high=0, unit="nats", standard=True),
    "logprob_per_token": Metric(function=logprob_per_token, of="options", low=-_ANY, high=0, unit="nats"),
    "logprob_per_byte": Metric(function=logprob_per_byte, of="options", low=-_ANY, high=0, unit="nats"),
    "logprob_over_unconditional": Metric(
        function=logprob_over_unconditional, of="options", low=-_ANY, high=_ANY, unit="nats"
    ),
    "loss": Metric(function=loss, of="options", high=_ANY, better="lower", unit="nats", standard=True),
    "logodds": Metric(function=logodds, of="options", low=-_ANY, high=_ANY, unit="nats"),
    "margin": Metric(function=margin, of="options", low=-_ANY, high=_ANY, unit="nats", standard=True),
    "brier": Metric(function=brier, of="options", high=2, better="lower", unit="ratio"),
    "confidence": Metric(function=confidence, of="options", better="neither"),
    "label_mass": Metric(function=label_mass, of="options"),
    "outside": Metric(function=outside, of="options", better="lower", standard=True),
    "exact_match": Metric(function=exact_match, of="reply", continuous=False),
    "normalised_match": Metric(function=normalised_match, of="reply", continuous=False),
    "contains": Metric(function=contains, of="reply", continuous=False, whole=True),
    "numeric_match": Metric(function=numeric_match, of="reply", continuous=False),
    "numeric_error": Metric(
        function=numeric_error, of="reply", high=_ANY, better="lower", unit="ratio", lost=None
    ),
    "token_f1": Metric(function=token_f1, of="reply"),
    "bleu": Metric(function=bleu, of="reply", high=100, unit="points", package="sacrebleu"),
    "chrf": Metric(function=chrf, of="reply", high=100, unit="points", package="sacrebleu"),
    "rouge1": Metric(function=rouge1, of="reply", package="rouge_score"),
    "rouge2": Metric(function=rouge2, of="reply", package="rouge_score"),
    "rougeL": Metric(function=rougeL, of="reply", package="rouge_score"),
    "pass@k": Metric(function=pass_at_k, of="samples", continuous=False),
    "majority_vote": Metric(function=majority_vote, of="samples", continuous=False),
    "ece": Metric(
        function=ece, of="items", better="lower", continuous=False, needs=("confidence", "correct")
    ),
    "ece_adaptive": Metric(
        function=ece_adaptive, of="items", better="lower", continuous=False, needs=("confidence", "correct")
    ),
    "normalised_score": Metric(
        function=normalised_score, of="items", low=-_ANY, continuous=False, needs=("correct", "chance")
    ),
    "logodds_difference": Metric(
        function=logodds_difference,
        of="items",
        low=-_ANY,
        high=_ANY,
        better="lower",
        unit="nats",
        needs=("logodds",),
        paired=True,
    ),
}
