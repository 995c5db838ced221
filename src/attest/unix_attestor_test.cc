#include "attest/unix_attestor.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "attest/executable_hashes.h"
#include "attest/testing/workload_attestor_suite.h"
#include "codec/hex.h"
#include "crypto/hash.h"
#include "os/accounts.h"
#include "os/file_io.h"

namespace ward::attest {
namespace {

namespace fs = std::filesystem;
using namespace ward::attest::testing;  // the macro names what the suite declared

class UnixKind {
 public:
  const WorkloadAttestor& attestor() { return attestor_; }
  PeerHooks hooks() { return {}; }

 private:
  UnixAttestor attestor_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Unix, WorkloadAttestorSuite, UnixKind);

// What `file` holds, hashed in another way than the attestor's.
std::string hash_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return codec::encode_hex(crypto::sha256(as_bytes(bytes)));
}

bool has(const Selectors& selectors, std::string_view selector) {
  return std::ranges::find(selectors, selector) != selectors.end();
}

bool has_any(const Selectors& selectors, std::string_view prefix) {
  return std::ranges::any_of(selectors, [&](const auto& s) { return s.starts_with(prefix); });
}

class UnixAttestorTest : public ::testing::Test {
 protected:
  UnixAttestorTest() {
    std::string name = fs::temp_directory_path() / "ward_unix_XXXXXX";
    directory_ = ::mkdtemp(name.data());
    fs::permissions(directory_, fs::perms(0755));
  }
  ~UnixAttestorTest() override { fs::remove_all(directory_); }

  // A copy of the shell that differs from it in its last bytes.
  fs::path copy_shell(const std::string& name, std::string_view tail = {}) {
    const fs::path copy = directory_ / name;
    fs::copy_file(fs::canonical("/bin/sh"), copy, fs::copy_options::overwrite_existing);
    std::ofstream(copy, std::ios::app | std::ios::binary) << tail;
    return copy;
  }
  // The selectors of the peer once it runs `path`.
  Selectors attest_running(const PeerProcess& peer, const fs::path& path) {
    for (int i = 0; i < 5000; ++i) {
      const auto selectors = attestor_.attest(peer.credentials());
      std::error_code error;
      if (selectors.ok() &&
          fs::read_symlink(fmt::format("/proc/{}/exe", peer.pid()), error) == path)
        return *selectors;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ADD_FAILURE() << "the peer never ran " << path;
    return {};
  }

  fs::path directory_;
  UnixAttestor attestor_;
};

PeerHooks runs(const fs::path& shell, const std::string& script = "while :; do read x; done") {
  return {.after_connect = [shell, script] {
    ::execl(shell.c_str(), "sh", "-c", script.c_str(), nullptr);
    ::_exit(1);
  }};
}

TEST_F(UnixAttestorTest, SaysUserGroupPathAndHash) {
  const PeerProcess peer;
  const Selectors selectors = attestor_.attest(peer.credentials()).value();
  const fs::path self = fs::read_symlink("/proc/self/exe");
  EXPECT_TRUE(has(selectors, fmt::format("unix:uid:{}", ::geteuid())));
  EXPECT_TRUE(has(selectors, fmt::format("unix:gid:{}", ::getegid())));
  EXPECT_TRUE(has(selectors, fmt::format("unix:path:{}", self.string())));
  EXPECT_TRUE(has(selectors, fmt::format("unix:sha256:{}", hash_of(self))));
  const auto user = os::user_name(::geteuid()).value();
  EXPECT_EQ(has_any(selectors, "unix:user:"), user.has_value());
  EXPECT_TRUE(!user || has(selectors, fmt::format("unix:user:{}", *user)));
}

TEST_F(UnixAttestorTest, SpeaksOfWhatThePeerRunsNow) {
  const fs::path shell = copy_shell("shell", "tail");
  const PeerProcess peer(runs(shell));
  const Selectors selectors = attest_running(peer, shell);
  EXPECT_TRUE(has(selectors, fmt::format("unix:path:{}", shell.string())));
  EXPECT_TRUE(has(selectors, fmt::format("unix:sha256:{}", hash_of(shell))));
}

TEST_F(UnixAttestorTest, LargerExecutableThanTheBoundHasNoHash) {
  const PeerProcess peer;
  const auto size = fs::file_size(fs::read_symlink("/proc/self/exe"));
  for (const std::uint64_t bound : {std::uint64_t{0}, std::uint64_t{1}, size - 1}) {
    const auto selectors = UnixAttestor({.hash_bytes_max = bound}).attest(peer.credentials());
    ASSERT_TRUE(selectors.ok()) << selectors.error().text();
    EXPECT_FALSE(has_any(*selectors, "unix:sha256:"));
    EXPECT_TRUE(has_any(*selectors, "unix:path:"));
  }
  EXPECT_TRUE(has_any(UnixAttestor({.hash_bytes_max = size}).attest(peer.credentials()).value(),
                      "unix:sha256:"));
}

TEST_F(UnixAttestorTest, DeletedExecutableHasAHashAndNoPath) {
  const fs::path shell = copy_shell("shell");
  const std::string hash = hash_of(shell);
  const PeerProcess peer(runs(shell));
  attest_running(peer, shell);
  fs::remove(shell);
  const Selectors selectors = attestor_.attest(peer.credentials()).value();
  EXPECT_FALSE(has_any(selectors, "unix:path:"));
  EXPECT_TRUE(has(selectors, "unix:sha256:" + hash));
}

TEST_F(UnixAttestorTest, FilePutInThePlaceOfARunningOneDoesNotLendItsName) {
  const fs::path shell = copy_shell("shell", "one");
  const std::string hash = hash_of(shell);
  const PeerProcess peer(runs(shell));
  attest_running(peer, shell);
  fs::rename(copy_shell("other", "two"), shell);
  const Selectors selectors = attestor_.attest(peer.credentials()).value();
  EXPECT_FALSE(has_any(selectors, "unix:path:"));
  EXPECT_TRUE(has(selectors, "unix:sha256:" + hash)) << "of what runs, not of what lies there";
}

TEST_F(UnixAttestorTest, NameInAnotherMountNamespaceIsNoPath) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: a mount namespace";
  const fs::path trusted = copy_shell("trusted");
  const fs::path evil = copy_shell("evil", "evil");
  const std::string hash = hash_of(evil);
  PeerHooks hooks = runs(trusted);
  hooks.before_connect = [&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(evil.c_str(), trusted.c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(1);
  };
  const PeerProcess peer(hooks);
  const Selectors selectors = attest_running(peer, trusted);
  EXPECT_FALSE(has_any(selectors, "unix:path:")) << "the peer named its file as it liked";
  EXPECT_TRUE(has(selectors, "unix:sha256:" + hash));
}

// As another user, with groups of its choice.
PeerHooks as(uid_t uid, gid_t gid, std::vector<gid_t> groups) {
  return {.before_connect = [=] {
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)
      ::_exit(1);
  }};
}

TEST_F(UnixAttestorTest, OtherUsersAndTheirGroupsAreTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: processes of other users";
  const PeerProcess peer(as(65534, 4242, {7, 4243}));
  const Selectors selectors = attestor_.attest(peer.credentials()).value();
  EXPECT_TRUE(has(selectors, "unix:uid:65534"));
  EXPECT_TRUE(has(selectors, "unix:user:nobody"));
  EXPECT_TRUE(has(selectors, "unix:gid:4242"));
  EXPECT_FALSE(has_any(selectors, "unix:group:")) << "nobody has named group 4242";
  EXPECT_TRUE(has(selectors, "unix:supplementary_gid:7"));
  EXPECT_TRUE(has(selectors,
                  fmt::format("unix:supplementary_group:{}", os::group_name(7).value().value())));
  EXPECT_TRUE(has(selectors, "unix:supplementary_gid:4243"));
  EXPECT_FALSE(has(selectors, "unix:uid:0"));
}

TEST_F(UnixAttestorTest, UserThatTheSystemDoesNotKnowHasNoName) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: processes of other users";
  const PeerProcess peer(as(54321, 54321, {}));
  const Selectors selectors = attestor_.attest(peer.credentials()).value();
  EXPECT_TRUE(has(selectors, "unix:uid:54321"));
  EXPECT_FALSE(has_any(selectors, "unix:user:"));
}

TEST_F(UnixAttestorTest, MoreGroupsThanTheBoundAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: processes of other users";
  std::vector<gid_t> groups;
  for (gid_t group = 0; group <= kUnixGroupsMax; ++group) groups.push_back(100'000 + group);
  const PeerProcess peer(as(65534, 65534, groups));
  const auto selectors = attestor_.attest(peer.credentials());
  ASSERT_FALSE(selectors.ok());
  EXPECT_EQ(selectors.error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(UnixAttestorTest, PeerThatIsNotWhoConnectedAnyMoreIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: a change of user";
  const PeerProcess peer({.after_connect = [] {
    if (::setuid(65534) != 0) ::_exit(1);
  }});
  Result<Selectors> selectors = Selectors();
  for (int i = 0; i < 5000 && selectors.ok(); ++i) selectors = attestor_.attest(peer.credentials());
  ASSERT_FALSE(selectors.ok());
  if (selectors.error().code() == ErrorCode::kAborted)
    selectors = attestor_.attest(peer.credentials());
  EXPECT_EQ(selectors.error().code(), ErrorCode::kFailedPrecondition);
}

// The peer is a shell that becomes another shell over and over, under the same pid.
TEST_F(UnixAttestorTest, ExecMeanwhileNeverMixesTwoPrograms) {
  const fs::path a = copy_shell("a", "a");
  const fs::path b = copy_shell("b", "bb");
  const fs::path script = directory_ / "script";
  std::ofstream(script) << "case $1 in a) exec " << b.string() << " " << script.string()
                        << " b;; *) exec " << a.string() << " " << script.string() << " a;; esac\n";
  const PeerProcess peer({.after_connect = [&] {
    ::execl(a.c_str(), "sh", script.c_str(), "a", nullptr);
    ::_exit(1);
  }});
  attest_running(peer, a);
  const std::set<std::string> whole{a.string() + hash_of(a), b.string() + hash_of(b)};
  int known = 0;
  int changed = 0;
  for (int i = 0; i < 3000 && (known < 20 || changed < 20); ++i) {
    const auto selectors = attestor_.attest(peer.credentials());
    if (!selectors.ok()) {
      ASSERT_EQ(selectors.error().code(), ErrorCode::kAborted) << selectors.error().text();
      ++changed;
      continue;
    }
    ++known;
    std::string path, hash;
    for (const std::string& selector : *selectors) {
      if (selector.starts_with("unix:path:")) path = selector.substr(10);
      if (selector.starts_with("unix:sha256:")) hash = selector.substr(12);
    }
    EXPECT_TRUE(whole.contains(path + hash)) << path << " " << hash;
  }
  EXPECT_GT(changed, 0) << "no exec fell into an attestation: the test shows nothing";
}

TEST_F(UnixAttestorTest, FileThatChangesWhileItIsReadIsNotHashed) {
  const fs::path path = directory_ / "changing";
  {
    std::ofstream out(path, std::ios::binary);
    out << std::string(32 << 20, 'x');
  }
  const os::Fd file = os::open_file(path, O_RDONLY).value();
  EXPECT_EQ(internal::hash_file(file, 32 << 20).value(), hash_of(path));
  EXPECT_EQ(internal::hash_file(file, (32 << 20) - 1).error().code(),
            ErrorCode::kResourceExhausted);
  std::jthread writer([&](const std::stop_token& stop) {
    const os::Fd out = os::open_file(path, O_WRONLY).value();
    while (!stop.stop_requested())
      ASSERT_TRUE(os::write_all_at(out.get(), 0, as_bytes("y"), "changing").ok());
  });
  int aborted = 0;
  for (int i = 0; i < 100 && aborted == 0; ++i) {
    const auto hash = internal::hash_file(file, 64 << 20);
    if (!hash.ok() && hash.error().code() == ErrorCode::kAborted) ++aborted;
  }
  EXPECT_GT(aborted, 0);
}

}  // namespace
}  // namespace ward::attest
