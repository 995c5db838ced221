// What is wrong with policies and schemas, with the line that it is wrong in.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "cedar/syntax/source.h"
#include "codec/json.h"
#include "ward/output.h"

namespace ward::cli {

struct Finding {
  bool is_error = true;     // else a warning
  std::string policy = {};  // its id; empty when it is about no policy
  std::string kind = {};    // of what validation finds: `UnexpectedType`, ...; else empty
  std::string message = {};
  std::string file = {};         // what it is about, when that has no line
  cedar::SourcePtr source = {};  // null when it has no place
  cedar::Span span = {};
};

// A message that begins with a place in one of the sources, or with its name, or with neither.
Finding finding_of(std::string_view message, std::span<const cedar::SourcePtr> sources);

// `file:3:14: error: policy0: UnexpectedType: expected ...` and, where it has a place, its line and
// a caret below.
std::string finding_text(const Finding& finding);
codec::Json finding_json(const Finding& finding);

// `file`, `line`, `column`, `end_line` and `end_column`.
void set_place(codec::JsonObject& object, const cedar::SourceText& source, cedar::Span span);

// In the order of their places in each file.
void sort_findings(std::span<Finding> findings);
void print_findings(const std::vector<Finding>& findings, Format format);

// What a command gave; an error about one of the sources is said here, on standard error with the
// line at fault, and is kExitFailure.
Result<int> with_source_line(Result<int> status, std::span<const cedar::SourcePtr> sources);

}  // namespace ward::cli
