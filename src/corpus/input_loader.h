// What a test is decided on, from the files that it names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/schema/schema.h"
#include "corpus/recent.h"
#include "corpus/test_file.h"
#include "os/file_system.h"

namespace ward::corpus {

struct TestInput {
  std::shared_ptr<const cedar::Schema> schema;      // never null
  std::shared_ptr<const cedar::Entities> entities;  // never null; read by the schema
  cedar::PolicySet policies;
};

// Reads below one directory. Schemas and entities used last are kept: kRecentFilesMax of each, of
// at most kRecentBytesMax of text. One thread.
class InputLoader {
 public:
  static constexpr std::size_t kRecentFilesMax = 8;
  static constexpr std::size_t kRecentBytesMax = 64u << 20;

  // Both outlive it.
  InputLoader(const os::FileSystem& files, const std::string& directory);

  // `path` is that of the test, relative to the directory. Its own paths are relative to the
  // nearest folder under which `policies` is, of an application to its own folder. Policies are
  // called `policy0`, `policy1`, ... by position, in a JSON set as that says; of an application
  // `static0`, `static1`, ..., templates by their @id, and links
  // `TEMPLATE:TYPE::ID:TYPE::ID` by principal and resource. The error says what could not be
  // loaded.
  Result<TestInput> load(const TestFile& test, std::string_view path);

 private:
  using Schemas = Recent<cedar::Schema>;
  using EntitySets = Recent<cedar::Entities>;

  Result<std::string> read_text(const std::string& path, std::size_t max_bytes) const;
  Schemas::Made load_schema(const std::string& path, TextForm form);
  EntitySets::Made load_entities(const std::string& path, const std::string& schema_path,
                                 const cedar::Schema& schema);
  Result<cedar::PolicySet> load_policies(const TestFile& test, const std::string& base) const;
  Result<void> add_links(cedar::PolicySet& policies, const std::string& path) const;

  const os::FileSystem& files_;
  const std::string& directory_;
  Schemas schemas_{kRecentFilesMax, kRecentBytesMax};
  EntitySets entities_{kRecentFilesMax, kRecentBytesMax};
};

}  // namespace ward::corpus
