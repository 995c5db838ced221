// Revocation receipts: a signed note that says who held what was revoked, and who acknowledged
// (docs/formats/evidence.md).
//
//   ward-revocation-receipt/v1
//   subject <name>
//   revision <R>
//   time <unix microseconds>
//   staleness <milliseconds>
//   holder <log origin> <index of the acknowledgement> <size> <base64 root> <base64 certificate>
//   away <log origin> <unix microseconds of the last heartbeat>
//
// One line a holder; its head covers the index, its certificate is that of its log's key
// (log_key.h) and absent when the authority could give none. Those away did not answer.
//
// Values; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/log_key.h"
#include "evidence/merkle.h"
#include "evidence/note.h"

namespace ward::evidence {

inline constexpr std::size_t kReceiptHoldersMax =
    4096;  // a line has about 1 kB with a certificate of ours; see kNoteBytesMax

struct ReceiptHolder {
  std::string origin;
  std::uint64_t acknowledgement = 0;  // index in the holder's log
  TreeHead head;           // of a checkpoint the holder signed; its size is above the index
  Bytes certificate = {};  // DER; at most kLogKeyCertificateBytesMax
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
