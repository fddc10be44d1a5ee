/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"
#include "fdt_build.h"
#include "fdt_check.h"
#include <libfdt.h>
#include <string.h>

#define NODE_NAME_MAX  (AXVM_NAME_MAX + 20)
#define COMPATIBLE_MAX 128
#define FDT_ALIGN      8u
#define CLOCK_HZ       24000000u
#define SEED_SIZE      32u /* bytes; Linux takes as many for enough */

/* "name@hex" */
static const char *node_name(char buf[NODE_NAME_MAX], const char *name, uint64_t address)
{
	size_t len = strnlen(name, AXVM_NAME_MAX);
	int shift = 60;

	memcpy(buf, name, len);
	buf[len++] = '@';
	while (shift > 0 && address >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		buf[len++] = "0123456789abcdef"[address >> shift & 0xf];
	buf[len] = '\0';
	return buf;
}

int fdt_put_cells(void *fdt, const char *name, const uint32_t *values, unsigned num)
{
	uint32_t *cells;

	FDT_TRY(fdt_property_placeholder(fdt, name, (int)(num * sizeof(*cells)), (void **)&cells));
	for (unsigned i = 0; i < num; i++)
		cells[i] = cpu_to_fdt32(values[i]);
	return 0;
}

/* RAM that a kernel may use for anything. */
static bool is_ram(const struct axvm_memory_region *r)
{
	uint32_t need = AXVM_MEM_READ | AXVM_MEM_WRITE;

	return (r->flags & (need | AXVM_MEM_DEVICE | AXVM_MEM_UNCACHED)) == need;
}

static const struct axvm_device *console_of(const struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->device_num; i++)
		if (vm->devices[i].model->console_input)
			return &vm->devices[i];
	return NULL;
}

/* ---- A generated tree ---- */

int fdt_put_reg(void *fdt, uint64_t base, uint64_t size)
{
	fdt64_t reg[2] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };

	return fdt_property(fdt, "reg", reg, sizeof(reg));
}

static int put_stdout(struct axvm *vm, void *fdt)
{
	const struct axvm_device *console = console_of(vm);
	char path[NODE_NAME_MAX + 1] = "/";

	if (!console)
		return 0;
	node_name(path + 1, console->model->name, console->config->base_gpa);
	return fdt_property_string(fdt, "stdout-path", path);
}

/* What a kernel's random numbers begin with: it does not have to gather that first. */
static int put_seed(struct axvm *vm, void *fdt)
{
	uint8_t seed[SEED_SIZE];

	if (!vm->hal->random(vm->hal, seed, sizeof(seed)))
		return 0;
	return fdt_property(fdt, "rng-seed", seed, sizeof(seed));
}

static int put_chosen(struct axvm *vm, const struct fdt_boot *boot, void *fdt)
{
	const char *cmdline = vm->config.image_config.cmdline;

	FDT_TRY(fdt_begin_node(fdt, "chosen"));
	if (cmdline[0])
		FDT_TRY(fdt_property_string(fdt, "bootargs", cmdline));
	FDT_TRY(put_stdout(vm, fdt));
	FDT_TRY(put_seed(vm, fdt));
	if (boot->ramdisk_size) {
		FDT_TRY(fdt_property_u64(fdt, "linux,initrd-start", boot->ramdisk_gpa));
		FDT_TRY(fdt_property_u64(fdt, "linux,initrd-end",
					 boot->ramdisk_gpa + boot->ramdisk_size));
	}
	return fdt_end_node(fdt);
}

static int put_memory(struct axvm *vm, void *fdt)
{
	char name[NODE_NAME_MAX];

	for (uint32_t i = 0; i < vm->config.memory_region_num; i++) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i];

		if (!is_ram(r))
			continue;
		FDT_TRY(fdt_begin_node(fdt, node_name(name, "memory", r->gpa)));
		FDT_TRY(fdt_property_string(fdt, "device_type", "memory"));
		FDT_TRY(fdt_put_reg(fdt, r->gpa, r->size));
		FDT_TRY(fdt_end_node(fdt));
	}
	return 0;
}

/* From a list with spaces to one with terminators. */
static int put_compatible(void *fdt, const char *list)
{
	char buf[COMPATIBLE_MAX];
	size_t len = strnlen(list, sizeof(buf) - 1);

	for (size_t i = 0; i < len; i++)
		buf[i] = list[i] == ' ' ? '\0' : list[i];
	buf[len] = '\0';
	return fdt_property(fdt, "compatible", buf, (int)len + 1);
}

static int put_device(struct axvm_device *dev, void *fdt)
{
	char name[NODE_NAME_MAX];

	if (!dev->model->compatible)
		return 0;
	FDT_TRY(fdt_begin_node(fdt, node_name(name, dev->model->name, dev->config->base_gpa)));
	FDT_TRY(put_compatible(fdt, dev->model->compatible));
	FDT_TRY(fdt_put_reg(fdt, dev->config->base_gpa, dev->config->length));
	if (!dev->model->no_irq)
		FDT_TRY(arch_fdt_interrupt(dev->vm, fdt, dev->config->irq_id, false));
	if (dev->model->describe)
		FDT_TRY(dev->model->describe(dev, fdt));
	return fdt_end_node(fdt);
}

static int put_channel(const struct axvm *vm, const struct axvm_ivc_channel *channel, void *fdt)
{
	char name[NODE_NAME_MAX];

	FDT_TRY(fdt_begin_node(fdt, node_name(name, "channel", channel->key)));
	FDT_TRY(fdt_property_u32(fdt, "reg", channel->key));
	if (channel->publisher[0])
		FDT_TRY(fdt_property_string(fdt, "axvm,publisher", channel->publisher));
	FDT_TRY(arch_fdt_interrupt(vm, fdt, channel->irq_id, true));
	return fdt_end_node(fdt);
}

/* Where channels appear, and each with its doorbell. */
static int put_channels(const struct axvm *vm, void *fdt)
{
	char name[NODE_NAME_MAX];

	if (!vm->config.ivc_channel_num)
		return 0;
	FDT_TRY(fdt_begin_node(fdt, node_name(name, "channels", vm->ivc.base)));
	FDT_TRY(fdt_property_string(fdt, "compatible", "axvm,ivc"));
	FDT_TRY(fdt_put_reg(fdt, vm->ivc.base, vm->ivc.size));
	FDT_TRY(fdt_property_u32(fdt, "#address-cells", 1));
	FDT_TRY(fdt_property_u32(fdt, "#size-cells", 0));
	for (uint32_t i = 0; i < vm->config.ivc_channel_num; i++)
		FDT_TRY(put_channel(vm, &vm->config.ivc_channels[i], fdt));
	return fdt_end_node(fdt);
}

int fdt_begin_cpus(void *fdt)
{
	FDT_TRY(fdt_begin_node(fdt, "cpus"));
	FDT_TRY(fdt_property_u32(fdt, "#address-cells", 2));
	return fdt_property_u32(fdt, "#size-cells", 0);
}

int fdt_begin_cpu(const struct axvm_vcpu *vcpu, void *fdt, const char *compatible)
{
	const uint32_t reg[] = { (uint32_t)(vcpu->phys_id >> 32), (uint32_t)vcpu->phys_id };
	char name[NODE_NAME_MAX];

	FDT_TRY(fdt_begin_node(fdt, node_name(name, "cpu", vcpu->phys_id)));
	FDT_TRY(fdt_property_string(fdt, "device_type", "cpu"));
	FDT_TRY(fdt_property_string(fdt, "compatible", compatible));
	return fdt_put_cells(fdt, "reg", reg, 2);
}

static int put_clock(void *fdt)
{
	FDT_TRY(fdt_begin_node(fdt, "apb-pclk"));
	FDT_TRY(fdt_property_string(fdt, "compatible", "fixed-clock"));
	FDT_TRY(fdt_property_u32(fdt, "#clock-cells", 0));
	FDT_TRY(fdt_property_u32(fdt, "clock-frequency", CLOCK_HZ));
	FDT_TRY(fdt_property_string(fdt, "clock-output-names", "clk24mhz"));
	FDT_TRY(fdt_property_u32(fdt, "phandle", AXVM_FDT_CLOCK_PHANDLE));
	return fdt_end_node(fdt);
}

static int put_root(struct axvm *vm, const struct fdt_boot *boot, void *fdt)
{
	FDT_TRY(fdt_begin_node(fdt, ""));
	FDT_TRY(fdt_property_u32(fdt, "#address-cells", 2));
	FDT_TRY(fdt_property_u32(fdt, "#size-cells", 2));
	FDT_TRY(fdt_property_string(fdt, "compatible", "linux,dummy-virt"));
	FDT_TRY(fdt_property_string(fdt, "model", "AxVM guest"));
	FDT_TRY(fdt_property_u32(fdt, "interrupt-parent", FDT_INTC_PHANDLE));
	FDT_TRY(put_chosen(vm, boot, fdt));
	FDT_TRY(put_memory(vm, fdt));
	FDT_TRY(arch_fdt_describe(vm, fdt));
	FDT_TRY(put_clock(fdt));
	for (uint32_t i = 0; i < vm->device_num; i++)
		FDT_TRY(put_device(&vm->devices[i], fdt));
	FDT_TRY(put_channels(vm, fdt));
	return fdt_end_node(fdt);
}

int fdt_generate(struct axvm *vm, const struct fdt_boot *boot, void *buf, size_t size)
{
	FDT_TRY(fdt_create(buf, (int)size));
	FDT_TRY(fdt_finish_reservemap(buf));
	FDT_TRY(put_root(vm, boot, buf));
	return fdt_finish(buf);
}

/* ---- A given tree ---- */

static int node_get(void *fdt, const char *name)
{
	int node = fdt_subnode_offset(fdt, 0, name);

	return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(fdt, 0, name) : node;
}

static int patch_chosen(struct axvm *vm, const struct fdt_boot *boot, void *fdt)
{
	const char *cmdline = vm->config.image_config.cmdline;
	int node = node_get(fdt, "chosen");

	FDT_TRY(node);
	if (cmdline[0])
		FDT_TRY(fdt_setprop_string(fdt, node, "bootargs", cmdline));
	if (boot->ramdisk_size) {
		FDT_TRY(fdt_setprop_u64(fdt, node, "linux,initrd-start", boot->ramdisk_gpa));
		FDT_TRY(fdt_setprop_u64(fdt, node, "linux,initrd-end",
					boot->ramdisk_gpa + boot->ramdisk_size));
	}
	return 0;
}

/* "memory", or "memory@" and an address: the nodes of this VM get such names. */
static bool is_called_memory(const void *fdt, int node)
{
	static const char memory[] = "memory";
	size_t len = sizeof(memory) - 1;
	const char *name = fdt_get_name(fdt, node, NULL);

	return name && strncmp(name, memory, len) == 0 && (name[len] == '\0' || name[len] == '@');
}

static bool is_memory(const void *fdt, int node)
{
	int len;
	const char *type = fdt_getprop(fdt, node, "device_type", &len);

	return is_called_memory(fdt, node) ||
	       (type && len == sizeof("memory") && memcmp(type, "memory", sizeof("memory")) == 0);
}

/* The tree's own memory nodes go: they describe another machine. */
static int drop_memory(void *fdt)
{
	int node = fdt_first_subnode(fdt, 0);

	while (node >= 0) {
		if (is_memory(fdt, node)) {
			FDT_TRY(fdt_del_node(fdt, node));
			node = fdt_first_subnode(fdt, 0);
		} else {
			node = fdt_next_subnode(fdt, node);
		}
	}
	return node == -FDT_ERR_NOTFOUND ? 0 : node;
}

static int patch_memory(struct axvm *vm, void *fdt)
{
	char name[NODE_NAME_MAX];

	FDT_TRY(drop_memory(fdt));
	for (uint32_t i = vm->config.memory_region_num; i > 0; i--) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i - 1];
		int node;

		if (!is_ram(r))
			continue;
		node = fdt_add_subnode(fdt, 0, node_name(name, "memory", r->gpa));
		FDT_TRY(node);
		FDT_TRY(fdt_setprop_string(fdt, node, "device_type", "memory"));
		FDT_TRY(fdt_appendprop_addrrange(fdt, 0, node, "reg", r->gpa, r->size));
	}
	return 0;
}

int fdt_patch(struct axvm *vm, const struct fdt_boot *boot, const void *dtb, size_t dtb_size,
	      void *buf, size_t size)
{
	if (size < FDT_ALIGN || dtb_size > size - FDT_ALIGN)
		return -FDT_ERR_NOSPACE;
	memcpy(buf, dtb, dtb_size);
	if (!fdt_tree_valid(buf, dtb_size))
		return -FDT_ERR_BADSTRUCTURE;
	/* libfdt may build the tree in a new order behind the old one's end. */
	fdt_set_totalsize(buf, (fdt_totalsize(buf) + FDT_ALIGN - 1) & ~(FDT_ALIGN - 1));
	FDT_TRY(fdt_open_into(buf, buf, (int)size));
	FDT_TRY(patch_memory(vm, buf)); /* first: it may remove what calls itself /chosen */
	FDT_TRY(patch_chosen(vm, boot, buf));
	return fdt_pack(buf);
}
