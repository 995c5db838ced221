// A witness (C2SP tlog-witness): cosigns the heads of logs it knows, each consistent with the last
// it cosigned.
//
// add_checkpoint() is the whole of `POST <prefix>/add-checkpoint` but HTTP. Per log the witness
// keeps the last head in DIR/<hex of SHA-256(origin)>, durable before the answer; check and update
// happen under one lock, so that two requests cannot roll each other back. Any thread; a lock is
// held across the write of one small file, as the specification asks.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "evidence/checkpoint.h"
#include "evidence/merkle_proof.h"
#include "os/file_system.h"

namespace ward::evidence {

inline constexpr std::size_t kWitnessRequestBytesMax = 128 * 1024;
inline constexpr std::size_t kWitnessProofLinesMax = 63;

struct WitnessRequest {
  std::uint64_t old_size = 0;
  Proof proof;
  std::string checkpoint;  // the whole note
};

std::string witness_request_text(const WitnessRequest& request);
Result<WitnessRequest> parse_witness_request(std::string_view body);

struct WitnessAnswer {
  int status = 0;  // of HTTP: 200, 400, 403, 404, 409, 422; 500 when the head could not be kept
  std::string content_type;
  std::string body;
};

class Witness {
 public:
  // `signer` is of type 0x04. The directory is made when absent.
  static Result<std::unique_ptr<Witness>> open(NoteSigner signer, std::string directory,
                                               os::FileSystem& files, const Clock& clock);

  // A log it shall witness, by its key (type 0x01, named as the log's origin). Replaces the key of
  // that name.
  Result<void> add_log(VerifierKey key);
  void remove_log(const std::string& origin);  // its last head is kept

  WitnessAnswer add_checkpoint(std::string_view body);

  // The last head that was cosigned; size 0 when none was.
  Result<TreeHead> head_of(const std::string& origin) const;
  const VerifierKey& verifier() const { return signer_.verifier(); }

 private:
  Witness(NoteSigner signer, std::string directory, os::FileSystem& files, const Clock& clock)
      : signer_(std::move(signer)),
        directory_(std::move(directory)),
        files_(&files),
        clock_(&clock) {}

  std::string state_path(const std::string& origin) const;
  Result<TreeHead> load(const std::string& origin) const;
  WitnessAnswer cosign(const WitnessRequest& request, const SignedCheckpoint& opened);

  NoteSigner signer_;
  std::string directory_;
  os::FileSystem* files_;
  const Clock* clock_;
  mutable std::mutex mutex_;
  std::map<std::string, VerifierKey, std::less<>> logs_;  // guarded by mutex_; by origin
};

}  // namespace ward::evidence
