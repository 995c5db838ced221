// Revocation receipts: a signed note that says who held what was revoked, and who acknowledged
// (docs/formats/evidence.md).
//
//   ward-revocation-receipt/v1
//   subject <name>
//   revision <R>
//   time <unix microseconds>
//   staleness <milliseconds>
//   holder <log origin> <index of the acknowledgement> <size> <base64 root>     one a holder; the
//   head covers the index away <log origin> <unix microseconds of the last heartbeat> one a holder
//   that did not answer
//
// Values; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/merkle.h"
#include "evidence/note.h"

namespace ward::evidence {

inline constexpr std::size_t kReceiptHoldersMax =
    4096;  // a line has at most 650 bytes less the name; see kNoteBytesMax

struct ReceiptHolder {
  std::string origin;
  std::uint64_t acknowledgement = 0;  // index in the holder's log
  TreeHead head;  // of a checkpoint the holder signed; its size is above the index
  bool operator==(const ReceiptHolder&) const = default;
};

struct ReceiptAway {
  std::string origin;
  WallTime last_heartbeat;
  bool operator==(const ReceiptAway&) const = default;
};

struct Receipt {
  std::string subject;  // an identity, credential or node: one line of text, not empty
  std::uint64_t revision = 0;
  WallTime time;
  std::chrono::milliseconds staleness{
      5000};  // beyond it a holder that is away denies privileged actions
  std::vector<ReceiptHolder> holders;
  std::vector<ReceiptAway> away;
  bool operator==(const Receipt&) const = default;
};

std::string receipt_text(const Receipt& receipt);
Result<Receipt> parse_receipt_text(std::string_view text);

// A whole note. kInvalidArgument when a name could not be read back, kResourceExhausted when there
// are too many holders.
Result<std::string> sign_receipt(const Receipt& receipt, const NoteSigner& signer);

// kUnauthenticated unless a key of `keys` (type 0x01) signed it.
Result<Receipt> open_receipt(std::string_view note, std::span<const VerifierKey> keys);

}  // namespace ward::evidence
