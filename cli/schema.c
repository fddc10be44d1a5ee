/* SPDX-License-Identifier: Apache-2.0 */
/* axvm schema: the format of VM files, for editors and programs. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config_toml.h"

static const struct argp_option option_table[] = {
	{ "markdown", 'm', NULL, 0, "tables of the keys instead, in Markdown", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *markdown = state->input;

	switch (key) {
	case 'm':
		*markdown = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "\"%s\" is not an option", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_schema(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Writes the JSON Schema (draft 2020-12) of VM files.",
	};
	enum cli_status status = CLI_HOST;
	bool markdown = false;
	char *text;

	if (argp_parse(&argp, argc, argv, 0, NULL, &markdown))
		return CLI_CONFIG;
	text = markdown ? axvm_toml_reference() : axvm_toml_schema();
	if (!text)
		say_error("not enough memory");
	else if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
		say_error("output: cannot be written: %s", strerror(errno));
	else
		status = CLI_OK;
	free(text);
	return (int)status;
}
