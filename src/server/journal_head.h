// The journal's last signed head, in DATA_DIR/journal.checkpoint: durable before anybody sees it,
// and the journal is refused at start-up when it does not extend it.
//
// Loop thread, or before the loop runs.
#pragma once

#include <string>

#include "evidence/journal_log.h"
#include "evidence/note.h"
#include "os/file_system.h"

namespace ward::server {

// Signs the newest head and keeps it; the whole note.
Result<std::string> keep_journal_head(const evidence::JournalLog& journal,
                                      const evidence::NoteSigner& signer, os::FileSystem& files,
                                      const std::string& data_dir);

// kDataLoss when the journal does not extend the head that was kept: it was rolled back, or its
// facts were changed. Nothing kept is no error. kUnauthenticated: the head is not signed by
// `signer`'s key.
Result<void> check_journal_head(const evidence::JournalLog& journal,
                                const evidence::NoteSigner& signer, const os::FileSystem& files,
                                const std::string& data_dir);

}  // namespace ward::server
