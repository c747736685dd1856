#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A line cut into clauses of words that keep their spelling: what the extraction rules read.
namespace chorus::fleet::detail {

struct Token {
  std::string_view raw;  ///< without punctuation around it
  std::string folded;    ///< without apostrophes: `dont`, `izmirde`
};
using Clause = std::vector<Token>;

struct Sentence {
  std::string_view text;  ///< trimmed, without its end mark
  bool question = false;
};

std::vector<Sentence> sentences_of(std::string_view line);
/// Clauses of a sentence: cut at commas and at words like `and`, `but`, `ve`, `ama`; greetings and
/// fillers in front are gone.
std::vector<Clause> clauses_of(std::string_view sentence);
/// Words of a text, in order.
Clause tokens_of(std::string_view text);

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words);
/// The clause goes on at `at` with these words, each `a|b|c` one of several; `at` then moves on.
bool takes(const Clause& clause, std::size_t& at, std::string_view pattern);
/// Raw words [from, to) with single spaces.
std::string join(const Clause& clause, std::size_t from, std::size_t to);
bool is_capital(std::string_view raw);

}  // namespace chorus::fleet::detail
