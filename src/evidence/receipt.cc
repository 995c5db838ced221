#include "evidence/receipt.h"

#include <algorithm>

#include "codec/base64.h"
#include "evidence/decimal.h"
#include "evidence/text_lines.h"

namespace ward::evidence {
namespace {

constexpr std::string_view kHeader = "ward-revocation-receipt/v1";
constexpr std::size_t kSubjectBytesMax = 4096;

Result<WallTime> parse_time(std::string_view text) {
  WARD_TRY(const std::uint64_t value, parse_decimal(text, INT64_MAX));
  return WallTime{std::chrono::microseconds{static_cast<std::int64_t>(value)}};
}

// Exactly `count` words between single spaces.
Result<std::vector<std::string_view>> words(std::string_view line, std::size_t count) {
  std::vector<std::string_view> found;
  while (found.size() + 1 < count && line.find(' ') != std::string_view::npos) {
    found.push_back(line.substr(0, line.find(' ')));
    line.remove_prefix(found.back().size() + 1);
  }
  found.push_back(line);
  if (found.size() != count)
    return invalid_argument("expected {} words, got {}", count, found.size());
  return found;
}

// What is behind the root, if anything is.
Result<Bytes> parse_certificate(std::string_view text) {
  WARD_TRY(Bytes der, codec::decode_base64(text));
  if (!der.empty() && der.size() <= kLogKeyCertificateBytesMax) return der;
  return invalid_argument("a certificate of {} bytes, expected 1 to {}", der.size(),
                          kLogKeyCertificateBytesMax);
}

Result<ReceiptHolder> parse_holder(std::string_view line) {
  const bool has_certificate = std::ranges::count(line, ' ') == 4;
  WARD_TRY(const auto word, words(line, has_certificate ? 5 : 4));
  ReceiptHolder holder{std::string(word[0]), 0, {}};
  if (has_certificate) {
    WARD_TRY(holder.certificate, parse_certificate(word[4]));
  }
  WARD_TRY(holder.acknowledgement, parse_decimal(word[1]));
  WARD_TRY(holder.head.size, parse_decimal(word[2]));
  WARD_TRY(holder.head.root, parse_hash_line(word[3]));
  if (!is_key_name(holder.origin) || holder.acknowledgement >= holder.head.size) {
    return invalid_argument("the head of holder `{}` does not cover its acknowledgement",
                            holder.origin);
  }
  return holder;
}

Result<ReceiptAway> parse_away(std::string_view line) {
  WARD_TRY(const auto word, words(line, 2));
  if (!is_key_name(word[0]))
    return invalid_argument("`{}` is no origin of a log", word[0].substr(0, 128));
  WARD_TRY(const WallTime time, parse_time(word[1]));
  return ReceiptAway{std::string(word[0]), time};
}

}  // namespace

std::string receipt_text(const Receipt& receipt) {
  std::string text = fmt::format(
      "{}\nsubject {}\nrevision {}\ntime {}\nstaleness {}\n", kHeader, receipt.subject,
      receipt.revision, receipt.time.time_since_epoch().count(), receipt.staleness.count());
  for (const ReceiptHolder& holder : receipt.holders) {
    text += fmt::format("holder {} {} {} {}", holder.origin, holder.acknowledgement,
                        holder.head.size, codec::encode_base64(holder.head.root));
    if (!holder.certificate.empty()) text += " " + codec::encode_base64(holder.certificate);
    text += "\n";
  }
  for (const ReceiptAway& away : receipt.away) {
    text +=
        fmt::format("away {} {}\n", away.origin, away.last_heartbeat.time_since_epoch().count());
  }
  return text;
}

Result<Receipt> parse_receipt_text(std::string_view text) {
  LineReader lines(text);
  WARD_TRY(const std::string_view header, lines.next());
  if (header != kHeader) return invalid_argument("a receipt begins with `{}`", kHeader);
  Receipt receipt;
  WARD_TRY(const std::string_view subject, lines.field("subject"));
  if (subject.empty() || subject.size() > kSubjectBytesMax)
    return invalid_argument("a subject of {} bytes", subject.size());
  receipt.subject = subject;
  WARD_TRY(const std::string_view revision, lines.field("revision"));
  WARD_TRY(receipt.revision, parse_decimal(revision));
  WARD_TRY(const std::string_view time, lines.field("time"));
  WARD_TRY(receipt.time, parse_time(time));
  WARD_TRY(const std::string_view staleness, lines.field("staleness"));
  WARD_TRY(const std::uint64_t milliseconds, parse_decimal(staleness, 86'400'000));
  receipt.staleness = std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)};
  while (!lines.is_done()) {
    if (receipt.holders.size() + receipt.away.size() == kReceiptHoldersMax) {
      return make_error(ErrorCode::kResourceExhausted, "a receipt has at most {} holders",
                        kReceiptHoldersMax);
    }
    if (receipt.away.empty() && lines.rest().starts_with("holder ")) {
      WARD_TRY(const std::string_view line, lines.field("holder"));
      WARD_TRY(ReceiptHolder holder, parse_holder(line));
      receipt.holders.push_back(std::move(holder));
    } else {
      WARD_TRY(const std::string_view line, lines.field("away"));
      WARD_TRY(ReceiptAway away, parse_away(line));
      receipt.away.push_back(std::move(away));
    }
  }
  return receipt;
}

Result<std::string> sign_receipt(const Receipt& receipt, const NoteSigner& signer) {
  const std::string text = receipt_text(receipt);
  // What is signed must be what a reader gets: a subject with a line break would be read otherwise.
  WARD_TRY(const Receipt read, parse_receipt_text(text));
  if (read != receipt)
    return invalid_argument("a name in the receipt cannot be written in one line");
  WARD_TRY(const std::string line, signer.sign(text, {}));
  std::string note = assemble_note(text, line);
  WARD_RETURN_IF_ERROR(parse_note(note));
  return note;
}

Result<Receipt> open_receipt(std::string_view note, std::span<const VerifierKey> keys) {
  WARD_TRY(const Note parsed, parse_note(note));
  WARD_TRY(const auto signatures, verify_note(parsed, keys));
  const bool is_signed = std::ranges::any_of(signatures, [](const VerifiedSignature& signature) {
    return signature.key->type() == NoteKeyType::kEd25519;
  });
  if (!is_signed) return make_error(ErrorCode::kUnauthenticated, "the receipt is only cosigned");
  return parse_receipt_text(parsed.text);
}

}  // namespace ward::evidence
