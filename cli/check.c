/* SPDX-License-Identifier: Apache-2.0 */
/* axvm check: everything that can be known without starting. */
#include <argp.h>
#include <errno.h>

#include "vmfile.h"

struct options {
	enum axvm_arch arch;
	char **files;
	size_t file_num;
};

static const struct argp_option option_table[] = {
	{ "arch", 'a', "ARCH", 0, "the VMs' architecture (default: what the kernels say)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'a':
		options->arch = arch_by_name(arg);
		return options->arch ? 0 : EINVAL;
	case ARGP_KEY_ARGS:
		options->files = &state->argv[state->next];
		options->file_num = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a file is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.args_doc = "FILE.toml...",
		.doc = "Checks VM files and the images they name. Every finding is one line:\n"
		       "FILE:LINE:COLUMN: error: what is wrong, and what would be right.",
	};
	struct options options = { 0 };
	struct vm_files set;
	enum cli_status status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return CLI_CONFIG;
	status = vm_files_load(&set, options.files, options.file_num, options.arch, false);
	vm_files_free(&set);
	return (int)status;
}
