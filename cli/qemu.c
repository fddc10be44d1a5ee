/* SPDX-License-Identifier: Apache-2.0 */
#include "qemu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <axvm/config.h>

#include "console.h"
#include "host_tree.h"

#define ARGS_MAX 64

/* How long an emulator may take to end after its console has, and to tell its board's tree. */
#define GRACE_MS     5000
#define BOARD_DTB_MS 30000

/* The name of its tree in a folder of ours. */
#define BOARD_DTB "board.dtb"

/* The board of each architecture, which is the same with a kernel and without one. */
static const struct board {
	enum axvm_arch arch;
	const char *machine;
	const char *aia; /* what gives it the other interrupt controller */
	const char *cpu;
	const char *packages;
} boards[] = {
	{ AXVM_ARCH_AARCH64, "virt,virtualization=on,gic-version=3", "", "cortex-a57",
	  "qemu-system-arm" },
	{ AXVM_ARCH_RISCV64, "virt", ",aia=aplic-imsic,aia-guests=3", "rv64,h=true",
	  "qemu-system-riscv (Debian 12 itself: qemu-system-misc) and opensbi" },
};

/* For every architecture that there is a guest machine for. */
static const struct board *board_of(enum axvm_arch arch)
{
	size_t i = 0;

	while (boards[i].arch != arch && i + 1 < sizeof(boards) / sizeof(boards[0]))
		i++;
	return &boards[i];
}

/* The folder of this command's file, with a slash; empty when it cannot be told. */
static void own_folder(char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash)
		slash[1] = '\0';
}

static char *image_in(const char *folder, const char *below, const char *isa)
{
	char *path = NULL;

	if (asprintf(&path, "%s%saxvm-%s.bin", folder, below, isa) < 0)
		return NULL;
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Beside the command; where both are installed, wherever that was moved to; where both are built;
 * where the build was told to install it. */
static char *search_hypervisor(const char *isa)
{
	const char *given = getenv("AXVM_LIBDIR");
	char folder[PATH_MAX], built[64];
	const char *const below[] = { "", "../share/axvm/", built };
	char *found = given ? image_in(given, "/", isa) : NULL;

	own_folder(folder, sizeof(folder));
	snprintf(built, sizeof(built), "../../%s/", isa);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]) && !found; i++)
		found = image_in(folder, below[i], isa);
	return found ? found : image_in(AXVM_IMAGE_DIR, "/", isa);
}

char *qemu_find_hypervisor(enum axvm_arch arch, const char *given)
{
	const char *isa = axvm_machine_get(arch)->name;
	char *found = given ? strdup(given) : search_hypervisor(isa);

	if (!found)
		say_error("axvm-%s.bin, the hypervisor, is neither built nor installed with this "
			  "command: build it with `make`, or name it with --hypervisor",
			  isa);
	else if (access(found, R_OK) != 0) {
		say_error("%s: %s", found, strerror(errno));
		free(found);
		found = NULL;
	}
	return found;
}

/* An argument list; full when it is more than ARGS_MAX. */
struct args {
	char *list[ARGS_MAX + 1];
	size_t num;
};

static void add(struct args *args, const char *arg)
{
	if (args->num < ARGS_MAX)
		args->list[args->num] = (char *)arg;
	args->num++;
}

static void add_pair(struct args *args, const char *option, const char *value)
{
	add(args, option);
	add(args, value);
}

/* Texts that arguments are made of, while the child starts. */
struct texts {
	char program[64];
	char machine[128];
	char cpus[16];
	char memory[32];
	char line[64];
	char bundle[64];
};

static void make_texts(struct texts *t, const struct qemu_options *options)
{
	const struct board *board = board_of(options->arch);

	snprintf(t->program, sizeof(t->program), "qemu-system-%s",
		 axvm_machine_get(options->arch)->name);
	snprintf(t->cpus, sizeof(t->cpus), "%u", options->cpus);
	snprintf(t->memory, sizeof(t->memory), "%" PRIu64 "M", options->memory >> 20);
	snprintf(t->machine, sizeof(t->machine), "%s%s", board->machine,
		 options->aia ? board->aia : "");
}

/* Pointer authentication in software is slow, and AArch64's "max" has it. */
static const char *cpu_argument(const struct qemu_options *options)
{
	const char *cpu = options->cpu ? options->cpu : board_of(options->arch)->cpu;

	return options->arch == AXVM_ARCH_AARCH64 && strcmp(cpu, "max") == 0 ?
		       "max,pauth-impdef=on" :
		       cpu;
}

/* The board, whatever it does. */
static void add_board(struct args *args, const struct qemu_options *options, const struct texts *t)
{
	const char *program = getenv("AXVM_QEMU");

	add(args, program && *program ? program : t->program);
	add_pair(args, "-M", t->machine);
	add_pair(args, "-cpu", cpu_argument(options));
	add_pair(args, "-smp", t->cpus);
	add_pair(args, "-m", t->memory);
	add(args, "-nodefaults");
	add(args, "-no-reboot");
	add_pair(args, "-display", "none");
	add_pair(args, "-monitor", "none");
	add_pair(args, "-kernel", options->hypervisor);
}

/* These may change the board, or how it runs. */
static void add_extra(struct args *args, const struct qemu_options *options)
{
	for (size_t i = 0; i < options->extra_num; i++)
		add(args, options->extra[i]);
	if (args->num <= ARGS_MAX)
		args->list[args->num] = NULL;
}

static void make_args(struct args *args, const struct qemu_options *options, const struct texts *t)
{
	add_board(args, options, t);
	add_pair(args, "-chardev", t->line);
	add_pair(args, "-serial", "chardev:console");
	add_pair(args, "-initrd", t->bundle);
	if (options->no_reboot)
		add_pair(args, "-append", "axvm.no-reboot=1");
	if (options->icount)
		add_pair(args, "-icount", "shift=0,sleep=off");
	add_extra(args, options);
}

/* In the child. Its own process group, so that the terminal's signals reach only the parent. */
static void run_child(const struct args *args, const char *packages, pid_t parent, int messages)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || getppid() != parent)
		_exit(CLI_HOST);
	setpgid(0, 0);
	console_unblock_signals();
	dup2(null, STDIN_FILENO);
	dup2(messages, STDOUT_FILENO);
	dup2(messages, STDERR_FILENO);
	execvp(args->list[0], args->list);
	say_error("%s: %s: install %s, or set AXVM_QEMU", args->list[0], strerror(errno), packages);
	_exit(CLI_HOST);
}

/* The bundle as a file without a name, which is gone with the last process that has it open. */
static int bundle_file(const struct buffer *bundle)
{
	int fd = memfd_create("axvm-bundle", 0);
	size_t done = 0;

	while (fd >= 0 && done < bundle->size) {
		ssize_t n = write(fd, bundle->data + done, bundle->size - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			fd = -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return fd;
}

/* Starts the emulator; what it says goes to `messages`. */
static enum cli_status spawn(const struct args *args, const struct qemu_options *options,
			     int messages, pid_t *pid)
{
	pid_t parent = getpid();

	if (args->num > ARGS_MAX) {
		say_error("too many options for the emulator");
		return CLI_CONFIG;
	}
	*pid = fork();
	if (*pid == 0)
		run_child(args, board_of(options->arch)->packages, parent, messages);
	if (*pid < 0) {
		say_error("fork: %s", strerror(errno));
		return CLI_HOST;
	}
	return CLI_OK;
}

static enum cli_status start_with(struct qemu *qemu, const struct qemu_options *options, int line,
				  int bundle)
{
	struct args args = { 0 };
	struct texts texts;

	make_texts(&texts, options);
	snprintf(texts.line, sizeof(texts.line), "socket,id=console,fd=%d", line);
	snprintf(texts.bundle, sizeof(texts.bundle), "/proc/self/fd/%d", bundle);
	make_args(&args, options, &texts);
	return spawn(&args, options, STDERR_FILENO, &qemu->pid);
}

enum cli_status qemu_start(struct qemu *qemu, const struct qemu_options *options,
			   const struct buffer *bundle)
{
	enum cli_status status = CLI_HOST;
	int file = bundle_file(bundle);
	int lines[2] = { -1, -1 };

	if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, lines) != 0) {
		say_error("cannot start an emulator: %s", strerror(errno));
		goto out;
	}
	fcntl(lines[0], F_SETFD, FD_CLOEXEC);
	fcntl(lines[0], F_SETFL, O_NONBLOCK);
	console_block_signals();
	status = start_with(qemu, options, lines[1], file);
out:
	if (file >= 0)
		close(file);
	if (lines[1] >= 0)
		close(lines[1]);
	if (status && lines[0] >= 0)
		close(lines[0]);
	qemu->line = lines[0];
	return status;
}

static bool ends_within(pid_t pid, int *status, unsigned ms)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (unsigned i = 0; i <= ms / 10; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* ---- The board's device tree ---- */

/* Its files, and it. */
static void remove_folder(int folder, const char *path)
{
	DIR *dir = fdopendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		unlinkat(folder, entry->d_name, 0);
	if (dir)
		closedir(dir);
	else
		close(folder);
	rmdir(path);
}

static void show_messages(int messages)
{
	char text[1024];
	ssize_t n;
	off_t at = 0;

	while ((n = pread(messages, text, sizeof(text), at)) > 0) {
		fwrite(text, 1, (size_t)n, stderr);
		at += n;
	}
}

/* Whether it ends cleanly, in time, and before the user wants this to end. */
static bool ends_well(pid_t pid)
{
	int status = 0;

	for (unsigned ms = 0; ms < BOARD_DTB_MS && !console_signal_pending(); ms += 100) {
		if (ends_within(pid, &status, 100))
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return false;
}

/* It writes by way of a second file beside the one that is named, so that it gets a folder. */
static enum cli_status dump_board(const struct qemu_options *options, int folder, int messages)
{
	struct args args = { 0 };
	struct texts texts;
	enum cli_status status;
	size_t len;
	pid_t pid;

	make_texts(&texts, options);
	len = strlen(texts.machine);
	snprintf(texts.machine + len, sizeof(texts.machine) - len,
		 ",dumpdtb=/proc/self/fd/%d/" BOARD_DTB, folder);
	add_board(&args, options, &texts);
	add_pair(&args, "-serial", "null");
	add_extra(&args, options);
	status = spawn(&args, options, messages, &pid);
	if (status || ends_well(pid))
		return status;
	if (!console_signal_pending()) {
		show_messages(messages);
		say_error("the emulator does not tell its board's device tree: "
			  "name one with --board-dtb");
	}
	return CLI_HOST;
}

static enum cli_status dump_into(const struct qemu_options *options, const char *path, int folder,
				 struct buffer *out)
{
	int messages = memfd_create("axvm-messages", MFD_CLOEXEC);
	enum cli_status status = CLI_HOST;
	char *file = NULL;

	if (messages >= 0 && asprintf(&file, "%s/" BOARD_DTB, path) >= 0)
		status = dump_board(options, folder, messages);
	else
		say_error("cannot ask the emulator: %s", strerror(errno));
	if (!status)
		status = host_tree_read(file, out);
	free(file);
	if (messages >= 0)
		close(messages);
	return status;
}

enum cli_status qemu_board_dtb(const struct qemu_options *options, struct buffer *out)
{
	const char *tmp = getenv("TMPDIR");
	enum cli_status status = CLI_HOST;
	char *path = NULL;
	int folder = -1;

	console_block_signals();
	if (asprintf(&path, "%s/axvm-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= 0 && mkdtemp(path))
		folder = open(path, O_RDONLY | O_DIRECTORY);
	if (folder >= 0) {
		status = dump_into(options, path, folder, out);
		remove_folder(folder, path);
	} else {
		say_error("%s: %s", path ? path : "a temporary folder", strerror(errno));
		if (path)
			rmdir(path);
	}
	free(path);
	/* A signal that came meanwhile ends this process here. */
	console_unblock_signals();
	return status;
}

bool qemu_stop(struct qemu *qemu, bool now)
{
	int status = 0;
	bool by_itself = !now && ends_within(qemu->pid, &status, GRACE_MS);

	close(qemu->line);
	if (!by_itself) {
		/* An idle emulator may ignore SIGTERM for long; there is nothing to be saved. */
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, &status, 0);
	}
	return by_itself && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
