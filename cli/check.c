/* SPDX-License-Identifier: Apache-2.0 */
/* axvm check: everything that can be known without starting. */
#include <argp.h>

#include "vmargs.h"

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

int cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
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
