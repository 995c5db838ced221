// Copies of the nodes' evidence logs, taken only as far as they are shown to extend what is here,
// and cosigned once whole.
//
// One thread at a time; writes files and waits for the disk, for at most kShipmentBytesMax a call.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "evidence/mirror.h"
#include "evidence/witness.h"
#include "os/file_system.h"
#include "spiffe/id.h"
#include "world/entities.h"

namespace ward::node::v1 {
class ShipEvidenceRequest;
class ShipEvidenceResponse;
}  // namespace ward::node::v1

namespace ward::server {

inline constexpr std::size_t kShipmentEntriesBytesMax = 1 << 20;
inline constexpr std::uint32_t kShipmentEntriesMax = 65'536;
inline constexpr std::size_t kMirrorsOpenMax = 256;

class EvidenceMirrors {
 public:
  // `directory` holds one directory a log, which are made when absent, and `witness` for the heads
  // that were cosigned. At most `open_max` copies are held open; the least recently used is closed
  // for another, which costs reading the right edge of its tree.
  static Result<std::unique_ptr<EvidenceMirrors>> open(std::string directory,
                                                       evidence::NoteSigner witness,
                                                       os::FileSystem& files, const Clock& clock,
                                                       Log log,
                                                       std::size_t open_max = kMirrorsOpenMax);

  // What a node sends of its log. Errors are in the answer, which says at what size to go on.
  ward::node::v1::ShipEvidenceResponse receive(const spiffe::SpiffeId& node,
                                               const world::Node& known,
                                               const ward::node::v1::ShipEvidenceRequest& request);

  bool is_open(const std::string& origin) const { return copies_.contains(origin); }
  // Cosigns for the nodes' logs, and for whoever else is added to it.
  evidence::Witness& witness() { return *witness_; }

 private:
  struct Copy {
    evidence::VerifierKey key;
    std::string directory;
    evidence::Mirror mirror;
    std::list<std::string>::iterator use;
  };

  EvidenceMirrors(std::string directory, std::unique_ptr<evidence::Witness> witness,
                  os::FileSystem& files, Log log, std::size_t open_max)
      : directory_(std::move(directory)),
        witness_(std::move(witness)),
        files_(files),
        log_(std::move(log)),
        open_max_(open_max) {}

  Result<Copy*> copy_of(const std::string& origin, const world::Node& known);
  Result<std::string> take(Copy& copy, const ward::node::v1::ShipEvidenceRequest& request);
  Result<std::string> cosign(const Copy& copy);
  void close(const std::string& origin);

  std::string directory_;
  std::unique_ptr<evidence::Witness> witness_;
  os::FileSystem& files_;
  Log log_;
  const std::size_t open_max_;
  std::list<std::string> order_;        // origins, most recently used first
  std::map<std::string, Copy> copies_;  // by origin
};

// The name of a log's directory: its origin, with what a file name may not have as `%XX`.
std::string mirror_directory_name(std::string_view origin);

}  // namespace ward::server
