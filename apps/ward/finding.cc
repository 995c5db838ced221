#include "ward/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <tuple>

#include "ward/commands.h"

namespace ward::cli {
namespace {

// The offset of a message about JSON, `line 3, column 4 (byte 42): expected ...` (codec/json.h),
// which is taken off it.
std::optional<std::size_t> take_json_place(std::string_view& message) {
  constexpr std::string_view kByte = " (byte ";
  const std::size_t at = message.starts_with("line ") ? message.find(kByte) : message.npos;
  if (at == message.npos) return std::nullopt;
  std::size_t offset = 0;
  const char* end = message.data() + message.size();
  const auto [rest, error] = std::from_chars(message.data() + at + kByte.size(), end, offset);
  const std::string_view left(rest, static_cast<std::size_t>(end - rest));
  if (error != std::errc() || !left.starts_with("): ")) return std::nullopt;
  message = left.substr(3);
  return offset;
}

// The message of an error about `source` with its place, if it is about that.
std::optional<Finding> finding_in(std::string_view message, const cedar::SourcePtr& source) {
  Finding out;
  std::optional<std::size_t> offset;
  if (const auto placed = source->find_place(message)) {
    offset = placed->offset;
    message = placed->message;
  } else if (message.starts_with(source->name + ": ")) {
    message.remove_prefix(source->name.size() + 2);
    offset = take_json_place(message);
    if (!offset) out.file = source->name;
  } else {
    return std::nullopt;
  }
  out.message = message;
  if (!offset) return out;
  out.source = source;
  out.span.begin = static_cast<std::uint32_t>(std::min(*offset, source->text.size()));
  out.span.end = out.span.begin;
  return out;
}

}  // namespace

Finding finding_of(std::string_view message, std::span<const cedar::SourcePtr> sources) {
  for (const cedar::SourcePtr& source : sources) {
    if (auto found = finding_in(message, source)) return *std::move(found);
  }
  return {.message = std::string(message)};
}

std::string finding_text(const Finding& finding) {
  std::string line = finding.source ? finding.source->place(finding.span.begin) : finding.file;
  if (!line.empty()) line += ": ";
  line += finding.is_error ? "error: " : "warning: ";
  for (const std::string* part : {&finding.policy, &finding.kind}) {
    if (!part->empty()) line += *part + ": ";
  }
  line = printable(line + finding.message);
  return finding.source ? line + "\n" + finding.source->excerpt(finding.span) : line;
}

codec::Json finding_json(const Finding& finding) {
  codec::JsonObject out;
  out.set("severity", finding.is_error ? "error" : "warning");
  if (finding.source) set_place(out, *finding.source, finding.span);
  if (!finding.file.empty()) out.set("file", finding.file);
  if (!finding.policy.empty()) out.set("policy", finding.policy);
  if (!finding.kind.empty()) out.set("kind", finding.kind);
  out.set("message", finding.message);
  return out;
}

void set_place(codec::JsonObject& object, const cedar::SourceText& source, cedar::Span span) {
  const cedar::Position begin = source.position(span.begin);
  const cedar::Position end = source.position(span.end);
  object.set("file", source.name);
  object.set("line", begin.line);
  object.set("column", begin.column);
  object.set("end_line", end.line);
  object.set("end_column", end.column);
}

void sort_findings(std::span<Finding> findings) {
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    const auto key = [](const Finding& f) {
      const std::string_view source = f.source ? std::string_view(f.source->name) : "";
      return std::tuple(source, f.span.begin, f.span.end, std::string_view(f.policy),
                        std::string_view(f.kind), std::string_view(f.message));
    };
    return key(a) < key(b);
  });
}

void print_findings(const std::vector<Finding>& findings, Format format) {
  if (format == Format::kTable) {
    for (const Finding& each : findings) print_line(finding_text(each));
    return;
  }
  codec::JsonArray list;
  for (const Finding& each : findings) list.push_back(finding_json(each));
  print_line(codec::write_json(codec::Json(std::move(list))));
}

Result<int> with_source_line(Result<int> status, std::span<const cedar::SourcePtr> sources) {
  if (status.ok()) return status;
  const Finding found = finding_of(status.error().message(), sources);
  if (!found.source && found.file.empty()) return status;
  (void)std::fprintf(stderr, "%s\n", finding_text(found).c_str());
  return kExitFailure;
}

}  // namespace ward::cli
