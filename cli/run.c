/* SPDX-License-Identifier: Apache-2.0 */
/* axvm run: runs VMs, with their consoles on this terminal. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "console.h"
#include "qemu.h"
#include "vmargs.h"

#define MIB (UINT64_C(1) << 20)

enum {
	OPT_HOST = 256,
	OPT_TIMEOUT,
	OPT_LOG,
	OPT_CPUS,
	OPT_MEMORY,
	OPT_CPU,
	OPT_ICOUNT,
	OPT_NO_REBOOT,
	OPT_HYPERVISOR,
};

struct options {
	struct vm_args vms;
	const char *host;
	const char *log;
	const char *hypervisor;
	char *image; /* of the hypervisor, once it is looked for */
	unsigned timeout;
	struct qemu_options qemu;
};

static const struct argp_option option_table[] = {
	{ "host", OPT_HOST, "HOST", 0, "auto, kvm or qemu: what runs the VMs (default: auto)", 0 },
	{ "timeout", OPT_TIMEOUT, "SECONDS", 0, "end with status 4 after this time", 0 },
	{ "log", OPT_LOG, "FILE", 0, "copy the console's output to FILE", 0 },
	{ "no-reboot", OPT_NO_REBOOT, NULL, 0, "a VM that asks for a reset ends", 0 },
	{ NULL, 0, NULL, 0, "The board that QEMU emulates:", 1 },
	{ "qemu-cpus", OPT_CPUS, "N", 0,
	  "its CPUs (default: as many as the largest VM has vCPUs, at most 4)", 1 },
	{ "qemu-memory", OPT_MEMORY, "SIZE", 0,
	  "its memory (default: the VMs' RAM, twice the bundle and 256M)", 1 },
	{ "cpu", OPT_CPU, "MODEL", 0, "its CPU model (default: cortex-a57; riscv64: rv64,h=true)",
	  1 },
	{ "icount", OPT_ICOUNT, NULL, 0, "its time counts instructions, so that runs repeat", 1 },
	{ "hypervisor", OPT_HYPERVISOR, "FILE", 0, "the image it boots", 1 },
	{ 0 },
};

static uint64_t parse_memory(struct argp_state *state, const char *text)
{
	uint64_t size = 0;

	if (!axvm_parse_size(text, &size) || size < MIB || size % MIB)
		argp_error(state, "--qemu-memory: \"%s\" is not a size in MiB, such as 1G", text);
	return size;
}

static bool host_known(const char *name)
{
	return strcmp(name, "auto") == 0 || strcmp(name, "kvm") == 0 || strcmp(name, "qemu") == 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->vms;
		return 0;
	case OPT_HOST:
		if (!host_known(arg))
			argp_error(state, "--host: \"%s\" is not auto, kvm or qemu", arg);
		options->host = arg;
		return 0;
	case OPT_TIMEOUT:
		options->timeout = parse_count(state, "timeout", arg, 1000000);
		return 0;
	case OPT_LOG:
		options->log = arg;
		return 0;
	case OPT_CPUS:
		options->qemu.cpus = parse_count(state, "qemu-cpus", arg, BOARD_CPUS_MAX);
		return 0;
	case OPT_MEMORY:
		options->qemu.memory = parse_memory(state, arg);
		return 0;
	case OPT_CPU:
		options->qemu.cpu = arg;
		return 0;
	case OPT_ICOUNT:
		options->qemu.icount = true;
		return 0;
	case OPT_NO_REBOOT:
		options->qemu.no_reboot = true;
		return 0;
	case OPT_HYPERVISOR:
		options->hypervisor = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What is behind "--" belongs to the emulator. Returns the arguments before it. */
static int split_extra(int argc, char **argv, struct qemu_options *qemu)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		qemu->extra = &argv[i + 1];
		qemu->extra_num = (size_t)(argc - i - 1);
		return i;
	}
	return argc;
}

static int signal_status(int signal)
{
	say("ended by signal %d", signal);
	return CLI_SIGNAL + signal;
}

/* What the hypervisor's last line means, when the board ended by itself. */
static int hypervisor_status(int status, bool clean)
{
	if (!clean)
		say_error("the emulator failed");
	else if (status < 0)
		say_error("the hypervisor ended without saying how");
	return status >= 0 && clean ? status : CLI_HOST;
}

static int exit_status(const struct console_result *result, bool clean, unsigned timeout)
{
	switch (result->end) {
	case CONSOLE_CLOSED:
		return hypervisor_status(result->status, clean);
	case CONSOLE_QUIT:
		fputc('\n', stderr);
		say("ended by Ctrl-A x");
		return CLI_OK;
	case CONSOLE_TIMEOUT:
		say_error("not finished after %u s", timeout);
		return CLI_TIMEOUT;
	case CONSOLE_SIGNAL:
		return signal_status(result->signal);
	case CONSOLE_ERROR:
		break;
	}
	return CLI_HOST;
}

static int run_board(const struct options *options, const struct buffer *bundle, int log)
{
	struct console_result result;
	struct qemu qemu;
	enum cli_status status = qemu_start(&qemu, &options->qemu, bundle);
	bool clean;

	if (status)
		return (int)status;
	if (isatty(STDIN_FILENO))
		say("Ctrl-A x ends, Ctrl-A n is the next console");
	result = console_run(qemu.line, log, options->timeout);
	clean = qemu_stop(&qemu, result.end != CONSOLE_CLOSED);
	return exit_status(&result, clean, options->timeout);
}

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		say_error("%s: %s", path, strerror(errno));
	return fd;
}

static int run_with_log(const struct options *options, const struct buffer *bundle)
{
	int log = options->log ? open_log(options->log) : -1;
	int status;

	if (options->log && log < 0)
		return CLI_HOST;
	status = run_board(options, bundle, log);
	if (log >= 0)
		close(log);
	return status;
}

static enum cli_status choose_board(struct options *options, const struct vm_files *set,
				    size_t bundle_size)
{
	struct qemu_options *qemu = &options->qemu;

	if (!options->image)
		options->image = qemu_find_hypervisor(set->arch, options->hypervisor);
	qemu->hypervisor = options->image;
	qemu->arch = set->arch;
	qemu->aia = board_aia(set);
	qemu->cpus = qemu->cpus ? qemu->cpus : board_cpus(set);
	qemu->memory = qemu->memory ? qemu->memory : board_memory(set, bundle_size);
	return options->image ? CLI_OK : CLI_HOST;
}

/* The board is chosen here already, so that it is the one that will be started. */
static enum cli_status make_board_dtb(void *ctx, const struct vm_files *set, struct buffer *out)
{
	struct options *options = ctx;
	enum cli_status status = board_check_memory(set, options->qemu.memory);

	if (!status)
		status = choose_board(options, set, axvm_bundle_bound(set->vms, set->num));
	return status ? status : qemu_board_dtb(&options->qemu, out);
}

static int run_set(struct options *options, const struct vm_files *set)
{
	const struct qemu_options *qemu = &options->qemu;
	struct buffer bundle;
	int status = (int)vm_files_bundle(set, &bundle);

	if (status)
		return status;
	status = (int)choose_board(options, set, bundle.size);
	if (!status) {
		say("starting QEMU with %u CPU%s and %" PRIu64 " MiB", qemu->cpus,
		    qemu->cpus == 1 ? "" : "s", qemu->memory / MIB);
		status = run_with_log(options, &bundle);
	}
	buffer_free(&bundle);
	return status;
}

int cmd_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.children = vm_args_children,
		.args_doc = "FILE.toml... [-- EMULATOR-OPTION...]",
		.doc = "Runs VMs, with their consoles on this terminal, until the last one is off."
		       "\v"
		       "Ctrl-A x ends at once, Ctrl-A n is the next VM's console, Ctrl-A Ctrl-A sends\n"
		       "Ctrl-A.\n"
		       "\n"
		       "Exit status: 0 the guests shut down cleanly, 1 the host could not, 2 usage or\n"
		       "configuration, 3 a VM stopped on a fault, 4 timeout, 128 + N for signal N.\n"
		       "\n"
		       "AXVM_QEMU names the emulator, AXVM_LIBDIR the folder of the hypervisor.",
	};
	struct options options = { .host = "auto" };
	struct vm_files set;
	int status;

	argc = split_extra(argc, argv, &options.qemu);
	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return CLI_CONFIG;
	if (strcmp(options.host, "kvm") == 0) {
		say_error("the KVM host is not in this build: use --host=qemu");
		return CLI_HOST;
	}
	options.vms.board_cpus = options.qemu.cpus;
	options.vms.make_board_dtb = make_board_dtb;
	options.vms.make_ctx = &options;
	status = (int)vm_files_load(&set, &options.vms, true);
	if (!status)
		status = (int)board_check_memory(&set, options.qemu.memory);
	if (!status)
		status = run_set(&options, &set);
	vm_files_free(&set);
	free(options.image);
	return status;
}
