// Sends the node's evidence log to the server as it grows (node.proto, NodeControl.ShipEvidence),
// so that a node which is taken, or loses its disk, cannot take back what it has said.
//
// At most a bundle of entries is on its way: read, sent, answered; then the next. Where to go on is
// the server's to say, since it may have lost its copy. Once it has all that a checkpoint signs its
// cosignature is kept, durable, in DIRECTORY.cosigned (beside the log: inside it is what the log's
// format says and nothing else). When the agent starts, the log must extend that head.
//
// The connection is another than that of the ServerLink: revocations and their acknowledgements do
// not queue behind evidence. It lasts as long as the link's stream does. Files are read and written
// on a thread of its own. Nothing waits for it, so no decision depends on it.
//
// Loop thread. Everything it is given outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "agent/server_link.h"
#include "agent/witness_pin.h"
#include "base/log.h"
#include "base/random.h"
#include "evidence/log.h"
#include "evidence/mirror.h"
#include "grpc/client.h"
#include "net/loop.h"
#include "net/worker.h"
#include "os/file_system.h"

namespace ward::node::v1 {
class ShipEvidenceResponse;
}  // namespace ward::node::v1

namespace ward::agent {

inline constexpr std::size_t kShipBytesMax = std::size_t{512} << 10;  // of one request's entries
inline constexpr std::uint32_t kShipEntriesMax = evidence::kTileWidth;
inline constexpr std::chrono::seconds kShipAnswerTimeout{30};
inline constexpr std::chrono::milliseconds kShipPauseMin{500};  // after an error; doubles
inline constexpr std::chrono::milliseconds kShipPauseMax{60'000};

// Where the last cosigned checkpoint of the log in `directory` is kept.
std::string cosigned_path(const std::string& directory);

// The head of that checkpoint; none before the first. `keys`: the log's own, and the witness's if
// it is known. kUnauthenticated unless the former signed it, or when a signature of either is
// wrong.
Result<std::optional<evidence::TreeHead>> load_cosigned_head(
    const os::FileSystem& files, const std::string& directory,
    std::span<const evidence::VerifierKey> keys);

// `checkpoint`, of the log of `log_key`, with the signature lines of a witness. kInvalidArgument
// when they are not signature lines and nothing else; kUnauthenticated when none is of
// `witness_key`, or one that is does not verify.
Result<std::string> add_cosignature(const std::string& checkpoint, std::string_view lines,
                                    const evidence::VerifierKey& log_key,
                                    const evidence::VerifierKey& witness_key);

struct EvidenceShipperOptions {
  std::string directory;                      // of the log
  evidence::VerifierKey key;                  // verifies it
  std::uint64_t cosigned_size = 0;            // of load_cosigned_head()
  std::chrono::milliseconds interval{1'000};  // between looks for a new checkpoint
};

class EvidenceShipper {
 public:
  EvidenceShipper(const ServerLink& link, evidence::EvidenceLog& evidence, WitnessPin& witness,
                  os::FileSystem& files, net::Loop& loop, Random& random, grpc::Connector connector,
                  EvidenceShipperOptions options, Log log);
  ~EvidenceShipper();
  EvidenceShipper(const EvidenceShipper&) = delete;
  EvidenceShipper& operator=(const EvidenceShipper&) = delete;

  // A stream of the link has begun.
  void on_connected();

 private:
  class Call;
  enum class State : std::uint8_t { kDown, kIdle, kReading, kAwaiting, kKeeping, kPausing };
  struct Part {
    evidence::Shipment shipment;
    std::uint64_t log_size = 0;  // of its checkpoint
  };

  void begin();
  void close();
  void look();
  void read();
  void send(Part part);
  void on_answer(const ward::node::v1::ShipEvidenceResponse& response);
  void on_taken(const ward::node::v1::ShipEvidenceResponse& response);
  void on_refused(std::uint64_t server_size, const Error& error);
  void keep(std::string cosignature);
  void pause(const Error& error);
  template <typename T>
  void work(std::move_only_function<Result<T>()> job, void (EvidenceShipper::*then)(Result<T>));
  void on_read(Result<Part> part);
  void on_kept(Result<void> kept);

  const ServerLink& link_;
  evidence::EvidenceLog& evidence_;
  WitnessPin& witness_;
  os::FileSystem& files_;
  net::Loop& loop_;
  Random& random_;
  const grpc::Connector connector_;
  const EvidenceShipperOptions options_;
  Log log_;
  State state_ = State::kDown;
  std::uint64_t turn_ = 0;      // what was begun in another is void
  std::uint64_t next_;          // entry; the size of the server's copy, as far as it is known
  std::uint64_t sent_to_ = 0;   // entry after the last that was sent
  std::uint64_t log_size_ = 0;  // of sent_: what may be pruned once its cosignature is kept
  std::string sent_;            // checkpoint of the last request
  std::string done_;            // checkpoint that the server has all of
  bool has_moved_ = false;      // the server said where to go on, and nothing was taken since
  std::chrono::milliseconds backoff_{kShipPauseMin};
  std::unique_ptr<Call> call_;
  net::Timer tick_;
  net::Timer timer_;    // for the answer, or the end of a pause
  net::Worker worker_;  // last: its jobs use the above
};

}  // namespace ward::agent
