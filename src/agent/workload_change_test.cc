// A process that becomes another one in the middle of a stream: it runs another program, or is
// another user. The connection is that of a child, which hands it to the test and then changes.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <thread>

#include "agent/testing/agent_fixture.h"
#include "os/fd.h"
#include "os/process.h"

namespace ward::agent {
namespace {

using os::Fd;
using testing::AgentFixture;
using testing::kNode;
using testing::Told;

constexpr char kExec = 'x';
constexpr char kSetUid = 'u';
constexpr uid_t kNobody = 65534;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// SAFETY: of the socket API: every address begins as a sockaddr.
const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void send_descriptor(int over, int descriptor) {
  char byte = 0;
  iovec part{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::copy_n(reinterpret_cast<const char*>(&descriptor), sizeof descriptor,
              reinterpret_cast<char*>(CMSG_DATA(header)));
  (void)sendmsg(over, &message, 0);
}

Fd receive_descriptor(int over) {
  char byte = 0;
  iovec part{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(over, &message, MSG_CMSG_CLOEXEC) != 1) return Fd();
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return Fd();
  int descriptor = -1;
  std::copy_n(reinterpret_cast<const char*>(CMSG_DATA(header)), sizeof descriptor,
              reinterpret_cast<char*>(&descriptor));
  return Fd(descriptor);
}

// What the child does: connects, hands the connection over, and changes when told to. After fork
// only what a signal handler may call.
[[noreturn]] void be_child(int control, const sockaddr_un& agent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(connection, generic(agent), sizeof agent) == 0) send_descriptor(control, connection);
  char command = 0;
  if (read(control, &command, 1) == 1) {
    if (command == kExec) execl("/bin/sleep", "sleep", "60", nullptr);
    if (command == kSetUid) (void)!setresuid(kNobody, kNobody, kNobody);
  }
  for (;;) pause();
}

class Workload {
 public:
  explicit Workload(const std::string& agent_socket) {
    std::array<int, 2> pair{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    control_ = Fd(pair[0]);
    const sockaddr_un agent = address_of(agent_socket);
    pid_ = fork();
    if (pid_ == 0) be_child(pair[1], agent);
    close(pair[1]);
    connection_ = receive_descriptor(control_.get());
  }
  ~Workload() { end(); }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  int connection() const { return connection_.get(); }
  void command(char what) { EXPECT_EQ(write(control_.get(), &what, 1), 1); }
  os::ProcessInfo info() const {
    const auto process = os::ProcessHandle::open(pid_);
    auto info = process.ok() ? os::read_process(*process) : process.error();
    return info.ok() ? std::move(*info) : os::ProcessInfo{};
  }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
  Fd control_;
  Fd connection_;
};

// Carries bytes between whoever connects to `path` and a connection, until either ends.
class Relay {
 public:
  Relay(const std::string& path, int connection)
      : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), connection_(connection) {
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(bind(listener_.get(), generic(address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
  }

 private:
  static bool copy(int from, int to) {
    std::array<char, 16 << 10> bytes;
    const ssize_t got = read(from, bytes.data(), bytes.size());
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t now =
          send(to, bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += now;
    }
    return got > 0;
  }
  void run(std::stop_token stop) const {
    constexpr int kWaitMs = 20;
    pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    while (poll(&waiting, 1, kWaitMs) <= 0) {
      if (stop.stop_requested()) return;
    }
    const Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<pollfd, 2> both{pollfd{.fd = client.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = connection_, .events = POLLIN, .revents = 0}};
    while (!stop.stop_requested()) {
      if (poll(both.data(), both.size(), kWaitMs) <= 0) continue;
      if (both[0].revents != 0 && !copy(both[0].fd, both[1].fd)) return;
      if (both[1].revents != 0 && !copy(both[1].fd, both[0].fd)) return;
    }
  }

  Fd listener_;
  int connection_;
  std::jthread thread_;  // last: it uses the above
};

class WorkloadChangeTest : public AgentFixture {
 protected:
  void put_registration(const std::string& id, std::vector<world::Text> selectors) {
    server_->append(world::RegistrationPut{
        world::testing::registration(id, "spiffe://example.org/shop", kNode, selectors)});
  }
  static std::string this_program() {
    return "unix:path:" + std::filesystem::read_symlink("/proc/self/exe").string();
  }

  // A child that has been given an X.509-SVID on a stream that stays open.
  void open_stream() {
    start_ready();
    workload_ = std::make_unique<Workload>(path("api.sock"));
    ASSERT_GE(workload_->connection(), 0);
    relay_ = std::make_unique<Relay>(path("relay.sock"), workload_->connection());
    client_ = std::make_unique<grpc::Channel>(
        loop_, random_, grpc::unix_connector(loop_, path("relay.sock")), grpc::ChannelOptions{});
    call_.emplace(watch_x509(told_));
    ASSERT_TRUE(run_until([&] { return !told_.messages.empty() || told_.status; }));
    ASSERT_EQ(told_.messages.size(), 1U) << told_.status->error().text();
  }
  void expect_ended_without_another_push() {
    ASSERT_TRUE(run_until([&] { return told_.status.has_value(); }));
    EXPECT_EQ(told_.code(), ErrorCode::kPermissionDenied);
    EXPECT_EQ(told_.status->error().message(), "no identity issued");
    EXPECT_EQ(told_.messages.size(), 1U);
  }
  ~WorkloadChangeTest() override {
    call_.reset();
    client_.reset();
  }

  std::unique_ptr<Workload> workload_;
  std::unique_ptr<Relay> relay_;
  Told<X509SVIDResponse> told_;
  std::optional<grpc::PendingCall> call_;
};

TEST_F(WorkloadChangeTest, AfterAnExecThePushIsForWhatRunsNow) {
  put_registration("r1", {this_program(), own_uid()});
  open_stream();
  workload_->command(kExec);
  ASSERT_TRUE(
      run_until([&] { return workload_->info().executable.value_or("").ends_with("sleep"); }));
  put_registration("r2", {this_program(), own_uid()});  // a push that the old program would get
  expect_ended_without_another_push();
}

TEST_F(WorkloadChangeTest, AnExecBetweenPushesEndsTheStreamToo) {
  put_registration("r1", {this_program(), own_uid()});
  open_stream();
  workload_->command(kExec);
  expect_ended_without_another_push();
}

TEST_F(WorkloadChangeTest, AProcessThatIsAnotherUserNowLosesWhatTheFirstHad) {
  if (geteuid() != 0) GTEST_SKIP() << "NEEDS ROOT: a process that becomes another user";
  open_stream();
  workload_->command(kSetUid);
  ASSERT_TRUE(run_until([&] { return workload_->info().uid == kNobody; }));
  put_registration("r2", {own_uid()});
  // It may connect anew, as who it is now.
  ASSERT_TRUE(run_until([&] { return told_.status.has_value(); }));
  EXPECT_EQ(told_.code(), ErrorCode::kUnavailable);
  EXPECT_NE(told_.status->error().message().find("is 65534:"), std::string::npos);
  EXPECT_EQ(told_.messages.size(), 1U);
}

TEST_F(WorkloadChangeTest, AProcessThatEndsTakesItsStreamWithIt) {
  open_stream();
  workload_->end();  // the connection itself stays open, here
  expect_ended_without_another_push();
}

}  // namespace
}  // namespace ward::agent
