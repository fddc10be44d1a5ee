/* SPDX-License-Identifier: Apache-2.0 */
/* axvm check: everything that can be known without starting. */
#include <argp.h>

#include "vmargs.h"

enum { OPT_BOARD_CPUS = 256 };

static const struct argp_option option_table[] = {
	{ "board-cpus", OPT_BOARD_CPUS, "N", 0,
	  "how many CPUs the board has: each vCPU must be able to run on one", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct vm_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = args;
		return 0;
	case OPT_BOARD_CPUS:
		args->board_cpus = parse_count(state, "board-cpus", arg, BOARD_CPUS_MAX);
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
		.children = vm_args_children,
		.args_doc = "FILE.toml...",
		.doc = "Checks VM files and the images they name. Every finding is one line:\n"
		       "FILE:LINE:COLUMN: error: what is wrong, and what would be right.",
	};
	struct vm_args args = { 0 };
	struct vm_files set;
	enum cli_status status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return CLI_CONFIG;
	status = vm_files_load(&set, &args, false);
	vm_files_free(&set);
	return (int)status;
}
