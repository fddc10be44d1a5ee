/* SPDX-License-Identifier: Apache-2.0 */
/* axvm generate: writes a VM file that passes `axvm check`. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmfile.h"

enum { OPT_NAME = 256, OPT_CPUS, OPT_MEMORY, OPT_KERNEL, OPT_RAMDISK, OPT_CMDLINE, OPT_ENTRY };

struct options {
	enum axvm_arch arch;
	const char *output;
	const char *name;
	const char *memory;
	const char *kernel;
	const char *ramdisk;
	const char *cmdline;
	uint64_t cpus;
	struct axvm_opt_u64 entry_point;
};

static const struct argp_option option_table[] = {
	{ "arch", 'a', "ARCH", 0, "the VM's architecture: aarch64 or riscv64", 0 },
	{ "name", OPT_NAME, "NAME", 0, "its name (default: linux)", 0 },
	{ "cpus", OPT_CPUS, "N", 0, "how many vCPUs (default: 1)", 0 },
	{ "memory", OPT_MEMORY, "SIZE", 0, "RAM, such as 512M (default: 256M)", 0 },
	{ "kernel", OPT_KERNEL, "FILE", 0, "the kernel", 0 },
	{ "ramdisk", OPT_RAMDISK, "FILE", 0, "the initial RAM disk", 0 },
	{ "cmdline", OPT_CMDLINE, "TEXT", 0, "the kernel's command line", 0 },
	{ "entry-point", OPT_ENTRY, "ADDRESS", 0, "its first instruction, such as 0x40200000", 0 },
	{ "output", 'o', "FILE", 0, "write to FILE instead of standard output", 0 },
	{ 0 },
};

static uint64_t parse_number(struct argp_state *state, const char *option, const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || text[0] == '-' || value > INT64_MAX)
		argp_error(state, "--%s: \"%s\" is not a number", option, text);
	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	uint64_t size;

	switch (key) {
	case 'a':
		options->arch = arch_by_name(arg);
		return options->arch ? 0 : EINVAL;
	case OPT_NAME:
		options->name = arg;
		return 0;
	case OPT_CPUS:
		options->cpus = parse_number(state, "cpus", arg);
		return 0;
	case OPT_MEMORY:
		if (!axvm_parse_size(arg, &size))
			argp_error(state, "--memory: \"%s\" is not a size such as 512M", arg);
		options->memory = arg;
		return 0;
	case OPT_KERNEL:
		options->kernel = arg;
		return 0;
	case OPT_RAMDISK:
		options->ramdisk = arg;
		return 0;
	case OPT_CMDLINE:
		options->cmdline = arg;
		return 0;
	case OPT_ENTRY:
		options->entry_point = axvm_some(parse_number(state, "entry-point", arg));
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "\"%s\" is not an option", arg);
		return 0;
	case ARGP_KEY_END:
		if (!options->arch)
			argp_error(state, "--arch is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A TOML basic string (toml.io, "String"). */
static void write_string(FILE *to, const char *key, const char *text)
{
	fprintf(to, "%s = \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fprintf(to, "\\u%04x", (unsigned)*text);
		else
			fputc(*text, to);
	}
	fputs("\"\n", to);
}

/* Paths in a VM file are relative to it, the ones of the command line to the current folder. */
static void write_path(FILE *to, const char *key, const char *path, const char *output)
{
	char *folder = NULL, *whole = NULL;

	if (path[0] != '/' && output && strchr(output, '/'))
		/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): glibc allocates */
		folder = getcwd(NULL, 0);
	if (folder && asprintf(&whole, "%s/%s", folder, path) >= 0)
		path = whole;
	write_string(to, key, path);
	free(whole);
	free(folder);
}

static void write_config(FILE *to, const struct options *options)
{
	fputs("[base]\n", to);
	write_string(to, "name", options->name);
	fprintf(to, "vm_type = 2\ncpu_num = %" PRIu64 "\n\n[kernel]\n", options->cpus);
	if (options->kernel)
		write_path(to, "kernel_path", options->kernel, options->output);
	else
		fputs("# kernel_path = \"Image\"\n", to);
	if (options->entry_point.set)
		fprintf(to, "entry_point = 0x%" PRIx64 "\n", options->entry_point.value);
	if (options->ramdisk)
		write_path(to, "ramdisk_path", options->ramdisk, options->output);
	if (options->cmdline)
		write_string(to, "cmdline", options->cmdline);
	write_string(to, "memory", options->memory);
}

static enum cli_status write_out(const struct options *options, const char *text)
{
	const char *why = NULL;

	if (options->output)
		why = file_write(options->output, text, strlen(text));
	else if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
		why = strerror(errno);
	if (!why)
		return CLI_OK;
	say_error("%s: cannot be written: %s", options->output ? options->output : "output", why);
	return CLI_HOST;
}

static enum cli_status generate(const struct options *options)
{
	char *text = NULL;
	size_t size;
	enum cli_status status;
	FILE *to = open_memstream(&text, &size);

	if (to) {
		write_config(to, options);
		if (fclose(to) != 0)
			to = NULL;
	}
	if (!to || !text) {
		say_error("not enough memory");
		return CLI_HOST;
	}
	status = vm_text_check(options->output ? options->output : "generated", text,
			       options->arch);
	if (!status)
		status = write_out(options, text);
	free(text);
	return status;
}

int cmd_generate(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Writes a VM file that passes `axvm check`. With --kernel and --ramdisk\n"
		       "these are checked too; a file without a kernel still needs one to run."
		       "\v"
		       "For instance:\n"
		       "  axvm generate --arch aarch64 --kernel Image --ramdisk initrd.gz \\\n"
		       "    --cmdline console=ttyAMA0 --cpus 2 --memory 512M -o vm.toml",
	};
	struct options options = { .name = "linux", .memory = "256M", .cpus = 1 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return CLI_CONFIG;
	return (int)generate(&options);
}
