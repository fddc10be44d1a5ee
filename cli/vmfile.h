/* SPDX-License-Identifier: Apache-2.0 */
/* VM files: a TOML file with the images it names, checked as far as they can be without a host. */
#ifndef VMFILE_H
#define VMFILE_H

#include <axvm/bundle.h>
#include <axvm/image.h>

#include "cli.h"
#include "config_toml.h"

#define IMAGE_FOLDERS_MAX 8

/* What the command line says about VM files. */
struct vm_args {
	enum axvm_arch arch; /* 0: what the kernels say; AArch64 where they do not */
	unsigned board_cpus; /* how many CPUs the board has; 0: not known */
	const char *image_folders[IMAGE_FOLDERS_MAX]; /* images must be in one of them */
	size_t image_folder_num;		      /* 0: anywhere */
	char **files;
	size_t num;
};

struct vm_file {
	const char *path;
	const struct vm_args *args;
	bool good; /* nothing is wrong with it so far */
	struct axvm_toml *toml;
	struct axvm_crate_config crate;
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
	struct vm_file *files;
	struct axvm_bundle_vm *vms;
};

/*
 * Loads and checks all files. Whatever is wrong is reported, one line each.
 * kernel_wanted  a file without a kernel is an error, not only a warning
 * Result: CLI_OK, CLI_CONFIG or CLI_HOST; to be freed in any case
 */
enum cli_status vm_files_load(struct vm_files *set, const struct vm_args *args, bool kernel_wanted);
void vm_files_free(struct vm_files *set);

/* The same for text that is not in a file yet. */
enum cli_status vm_text_check(const char *path, const char *text, enum axvm_arch arch);

/* One line about a field, at its place in the file. severity: "error" or "warning" */
void vm_file_say(const struct vm_file *file, const char *field, const char *severity,
		 const char *text);
void vm_file_error(const struct vm_file *file, const char *field, const char *text);

/* The bundle of all VMs. */
enum cli_status vm_files_bundle(const struct vm_files *set, struct buffer *out);

/* AXVM_ARCH_*, or 0 with a message. */
enum axvm_arch arch_by_name(const char *name);
const char *arch_name(enum axvm_arch arch);

#endif
