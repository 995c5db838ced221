#include "server/journal_head.h"

#include "evidence/checkpoint.h"

namespace ward::server {
namespace {

std::string path_in(const std::string& data_dir) {
  return data_dir + "/journal.checkpoint";
}

}  // namespace

Result<std::string> keep_journal_head(const evidence::JournalLog& journal,
                                      const evidence::NoteSigner& signer, os::FileSystem& files,
                                      const std::string& data_dir) {
  WARD_TRY(std::string note, journal.sign(signer));
  WARD_RETURN_IF_ERROR(files.write_file(path_in(data_dir), as_bytes(note), 0600));
  return note;
}

Result<void> check_journal_head(const evidence::JournalLog& journal,
                                const evidence::NoteSigner& signer, const os::FileSystem& files,
                                const std::string& data_dir) {
  const std::string path = path_in(data_dir);
  WARD_TRY(const auto status, files.status(path));
  if (!status) return {};
  WARD_TRY(const Bytes bytes, files.read_file(path, evidence::kCheckpointBytesMax));
  const evidence::VerifierKey keys[] = {signer.verifier()};
  WARD_TRY(const auto opened, evidence::open_checkpoint(as_text(bytes), keys).in(path));
  const evidence::TreeHead& kept = opened.checkpoint.tree;
  const auto head = journal.head_at(kept.size);
  if (head.ok() && *head == kept) return {};
  return make_error(ErrorCode::kDataLoss,
                    "the journal, at revision {}, does not extend its head of revision {} that was "
                    "signed (`{}`): it was rolled back or changed; restore the newest copy of it",
                    journal.revision(), kept.size, path);
}

}  // namespace ward::server
