// The key that the server's cosignatures are verified with, as this node first heard it.
//
// The server says it at the beginning of each stream, over TLS in which it is the trust domain's
// server. The first is kept in a file for good: who later speaks as the server, with a stolen CA
// key, cannot make the node take another witness for the one that saw its log so far. The server
// never changes the key; when it had to (its signing.key was lost), remove the file.
//
// Loop thread; `files` outlives it.
#pragma once

#include <optional>
#include <string>

#include "evidence/note.h"
#include "os/file_system.h"
#include "spiffe/id.h"

namespace ward::agent {

class WitnessPin {
 public:
  // kDataLoss when the file is there and is no key of cosignatures in this trust domain.
  static Result<WitnessPin> open(os::FileSystem& files, std::string path,
                                 spiffe::TrustDomain trust_domain);

  // What the server says, as VerifierKey::text(). kInvalidArgument: no such key.
  // kUnauthenticated: another than the one that is kept. Errors of the file.
  Result<void> meet(std::string_view text);

  const std::optional<evidence::VerifierKey>& key() const { return key_; }

 private:
  WitnessPin(os::FileSystem& files, std::string path, spiffe::TrustDomain trust_domain)
      : files_(&files), path_(std::move(path)), trust_domain_(std::move(trust_domain)) {}

  Result<evidence::VerifierKey> parse(std::string_view text) const;

  os::FileSystem* files_;
  std::string path_;
  spiffe::TrustDomain trust_domain_;
  std::optional<evidence::VerifierKey> key_;
};

}  // namespace ward::agent
