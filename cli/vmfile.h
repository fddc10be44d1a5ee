/* SPDX-License-Identifier: Apache-2.0 */
/* VM files: a TOML file with the images it names, checked as far as they can be without a host. */
#ifndef VMFILE_H
#define VMFILE_H

#include <axvm/bundle.h>
#include <axvm/image.h>

#include "cli.h"
#include "config_toml.h"

#define IMAGE_FOLDERS_MAX 8

struct vm_files;

/* What the command line says about VM files. */
struct vm_args {
	enum axvm_arch arch; /* 0: what the kernels say; AArch64 where they do not */
	unsigned board_cpus; /* how many CPUs the board has; 0: not known */
	const char *image_folders[IMAGE_FOLDERS_MAX]; /* images must be in one of them */
	size_t image_folder_num;		      /* 0: anywhere */
	const char *board_dtb; /* the board's flattened device tree; NULL: not known */
	/* What makes it when a file needs it; set holds what all files say besides that. Or NULL.
	 */
	enum cli_status (*make_board_dtb)(void *ctx, const struct vm_files *set,
					  struct buffer *out);
	void *make_ctx;
	char **files;
	size_t num;
};

/* passthrough_devices of a file, its paths looked up: see passthrough.h. */
struct passed_devices {
	bool resolved;
	size_t num;
	struct axvm_pass_through_device list[AXVM_MAX_PASS_THROUGH_DEVICES];
	size_t entries[AXVM_MAX_PASS_THROUGH_DEVICES]; /* of the file, which have... */
	size_t entry_num;			       /* so many */
};

struct vm_file {
	const char *path;
	const struct vm_args *args;
	bool good; /* nothing is wrong with it so far */
	struct axvm_toml *toml;
	struct axvm_crate_config crate;
	struct passed_devices passed;
	struct buffer kernel;
	struct buffer ramdisk;
	struct buffer dtb;
	struct buffer bios;
	struct axvm_image_info info;
	struct axvm_image_layout layout;
};

/* Several files together. vms[n] is what file n says; its images are the file's buffers. */
struct vm_files {
	size_t num;
	enum axvm_arch arch;
	struct buffer board_dtb; /* no bytes: not known */
	struct vm_file *files;
	struct axvm_bundle_vm *vms;
};

/*
 * Loads and checks all files. Whatever is wrong is reported, one line each.
 * complete  what a VM lacks to run is an error, not only a warning: a kernel, a known device tree
 * Result: CLI_OK, CLI_CONFIG or CLI_HOST; to be freed in any case
 */
enum cli_status vm_files_load(struct vm_files *set, const struct vm_args *args, bool complete);
void vm_files_free(struct vm_files *set);

/* The same for text that is not in a file yet. */
enum cli_status vm_text_check(const char *path, const char *text, enum axvm_arch arch);

/* One line about a field, at its place in the file. severity: "error" or "warning" */
void vm_file_say(const struct vm_file *file, const char *field, const char *severity,
		 const char *text);
void vm_file_error(const struct vm_file *file, const char *field, const char *text);

/* A field of the VM's configuration as the file has it, for messages. */
void vm_file_field(const struct vm_file *file, const char *field, char *out, size_t size);

/* The bundle of all VMs. */
enum cli_status vm_files_bundle(const struct vm_files *set, struct buffer *out);

/* AXVM_ARCH_*, or 0 with a message. */
enum axvm_arch arch_by_name(const char *name);
const char *arch_name(enum axvm_arch arch);

#endif
