#pragma once

#include "chorus/lab/quality/utterance.hpp"

namespace chorus::lab {

/// Who speaks when, and to whom. Source: reference/practice.md 3.3; what its table leaves open is
/// decided here.
struct TurnTaking {
  /// Of the bots' numbers of lines; n: lines of bots. A bot that never spoke counts as 0.
  QualitySample speaking_gini;
  /// The same against what each bot's share wants (metrics::gini_against): the lines it was asked
  /// for, and an equal part of those that nobody asked for. It judges the choice, not the people.
  QualitySample residual_gini;
  /// Lines of people to a bot that this bot answered within 30 s, by a link or by its next unlinked
  /// line. Lines so late that the 30 s had not passed and no answer came are left out.
  QualitySample addressed_answer;
  /// Of the lines that one person says to another: those that a bot answered by a link.
  QualitySample false_chime_in;
  /// Of the bots' lines: those that nobody asked this bot for and that came within 5 s after two
  /// people had spoken one after the other (the second not to a bot).
  QualitySample human_yield;
  /// Bots' lines of all lines that come within 5 minutes after a person spoke.
  QualitySample bot_share;
  /// Of the bots' linked lines: those whose trigger was overtaken before they came. The person had
  /// asked the same bot again; or another bot had answered what this one was not asked; or the
  /// trigger was older than 2 minutes.
  QualitySample stale;
  QualitySample turn_entropy;  ///< metrics::turn_entropy; n: turns
  QualitySample burstiness;    ///< metrics::burstiness of the gaps between lines; n: gaps
  /// 95th percentile of the time to a bot's linked answer to a person, in seconds.
  QualitySample reply_p95;
  /// Kolmogorov-Smirnov distance of those times to the lognormal of the same mean and deviation.
  QualitySample reply_shape;
  /// Bots whose first line says what they are; n: bots that spoke.
  QualitySample disclosure;
};

/// Pure. O(n) but for a look back of at most 2 minutes.
TurnTaking measure_turns(const Talk& talk);

}  // namespace chorus::lab
