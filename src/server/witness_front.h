// `POST <prefix>/add-checkpoint` (C2SP tlog-witness) on the server's port: cosignatures for the
// logs of this Ward's nodes, and for those of others that the configuration names.
//
// Anybody may ask: what is asked for is a statement about a checkpoint that its log signed, and the
// answer is that of evidence/witness.h. Loop thread; a request writes one small file.
#pragma once

#include <string>
#include <vector>

#include "evidence/note.h"
#include "http/router.h"
#include "server/control_plane.h"
#include "server/evidence_mirrors.h"

namespace ward::server {

struct WitnessOptions {
  std::string prefix = "/witness";               // of the path
  std::vector<evidence::VerifierKey> logs = {};  // of others; their keys, each named as its log
};

class WitnessFront {
 public:
  WitnessFront(const ControlPlane& plane, EvidenceMirrors& mirrors)
      : plane_(plane), mirrors_(mirrors) {}

  // `this` stays where it is from here on. kResourceExhausted: more logs than a witness takes.
  Result<void> mount(const WitnessOptions& options, http::Router& router);

 private:
  http::Response answer(std::string_view body);
  void know(std::string_view body);

  const ControlPlane& plane_;
  EvidenceMirrors& mirrors_;
};

}  // namespace ward::server
