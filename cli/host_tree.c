/* SPDX-License-Identifier: Apache-2.0 */
#include "host_tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_toml.h"

/* The root is level 0. No board's tree is half as deep. */
#define LEVELS_MAX 32

/* The most cells of a CPU address. */
#define CELLS_MAX 2

/* arm,gic-v3 binding: cells of an interrupt, the type of shared ones, and their numbers. */
#define GIC_CELLS 3
#define GIC_SPI	  0
#define FIRST_SPI 32
#define SPI_NUM	  988

/* A node, and all that it is in. */
struct lookup {
	const void *tree;
	int nodes[LEVELS_MAX];
	unsigned level; /* of the node */
	char *why;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct lookup *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(l->why, HOST_TREE_TEXT, fmt, args);
	va_end(args);
	/* Names in a tree are anybody's bytes. */
	for (char *c = l->why; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return false;
}

enum cli_status host_tree_read(const char *path, struct buffer *out)
{
	const char *why = file_read(path, out);

	if (!why && fdt_check_full(out->data, out->size) != 0) {
		why = "not a device tree, or a damaged one: name a flattened one";
		buffer_free(out);
	}
	if (!why)
		return CLI_OK;
	say_error("%s: %s", path, why);
	return CLI_CONFIG;
}

static const char *name_of(const struct lookup *l, unsigned level)
{
	const char *name = level ? fdt_get_name(l->tree, l->nodes[level], NULL) : "/";

	return name ? name : "?";
}

/* ---- Properties ---- */

static bool prop_is(const struct lookup *l, int node, const char *name, const char *text)
{
	int len;
	const char *value = fdt_getprop(l->tree, node, name, &len);

	return value && (size_t)len == strlen(text) + 1 && memcmp(value, text, (size_t)len) == 0;
}

static uint64_t read_cells(const fdt32_t *cells, int num)
{
	uint64_t value = 0;

	for (int i = 0; i < num; i++)
		value = value << 32 | fdt32_ld(&cells[i]);
	return value;
}

/* ---- By path ---- */

enum match { MATCH_NOT, MATCH_WITHOUT_ADDRESS, MATCH_WHOLE };

/* A path may leave the unit address away: "gpio" for "gpio@9030000". */
static enum match match_name(const char *node, const char *name, size_t len)
{
	if (strncmp(node, name, len) != 0)
		return MATCH_NOT;
	if (!node[len])
		return MATCH_WHOLE;
	return node[len] == '@' ? MATCH_WITHOUT_ADDRESS : MATCH_NOT;
}

static bool no_such_node(struct lookup *l, const char *name)
{
	size_t best = SIZE_MAX;
	const char *like = NULL;
	int node;

	fdt_for_each_subnode(node, l->tree, l->nodes[l->level]) {
		const char *other = fdt_get_name(l->tree, node, NULL);
		size_t distance = other ? axvm_name_distance(name, other) : SIZE_MAX;

		if (distance < best) {
			best = distance;
			like = other;
		}
	}
	if (!like)
		return refuse(l, "no \"%s\" in the board's device tree: nothing is in \"%s\"", name,
			      name_of(l, l->level));
	return refuse(l, "no \"%s\" in the board's device tree: the nearest in \"%s\" is \"%s\"",
		      name, name_of(l, l->level), like);
}

static bool enter(struct lookup *l, const char *name, size_t len)
{
	char text[HOST_TREE_TEXT / 2];
	unsigned matches = 0;
	int node, found = 0;

	if (l->level + 1 == LEVELS_MAX)
		return refuse(l, "more than %d levels deep", LEVELS_MAX);
	fdt_for_each_subnode(node, l->tree, l->nodes[l->level]) {
		const char *other = fdt_get_name(l->tree, node, NULL);
		enum match match = other ? match_name(other, name, len) : MATCH_NOT;

		if (match != MATCH_NOT)
			found = node;
		matches += match != MATCH_NOT;
		if (match == MATCH_WHOLE) {
			matches = 1;
			break;
		}
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	if (matches > 1)
		return refuse(l, "%u nodes are named \"%s\": add the address behind the @", matches,
			      text);
	if (!matches)
		return no_such_node(l, text);
	l->nodes[++l->level] = found;
	return true;
}

static bool look_up(struct lookup *l, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len && !enter(l, path, len))
			return false;
		path += len + (path[len] == '/');
	}
	return true;
}

/* ---- What a VM can have ---- */

static bool is_one_of(const struct lookup *l, int node, const char *const *compatible)
{
	for (; *compatible; compatible++) {
		if (fdt_node_check_compatible(l->tree, node, *compatible) == 0)
			return true;
	}
	return false;
}

static bool is_gic(const struct lookup *l, int node)
{
	static const char *const gics[] = { "arm,gic-v3",	  "arm,gic-400",
					    "arm,cortex-a15-gic", "arm,cortex-a9-gic",
					    "arm,cortex-a7-gic",  NULL };

	return is_one_of(l, node, gics);
}

/* RISC-V's, whose interrupts begin with their number. */
static bool is_plic(const struct lookup *l, int node)
{
	static const char *const plics[] = { "sifive,plic-1.0.0", "riscv,plic0", "riscv,aplic",
					     NULL };

	return is_one_of(l, node, plics);
}

static bool is_interrupt_controller(const struct lookup *l, int node)
{
	static const char *const others[] = { "riscv,imsics", NULL };

	return is_gic(l, node) || is_plic(l, node) || is_one_of(l, node, others);
}

static bool is_memory(const struct lookup *l, unsigned level)
{
	const char *name = name_of(l, level);

	return prop_is(l, l->nodes[level], "device_type", "memory") ||
	       match_name(name, "memory", 6) != MATCH_NOT || strcmp(name, "reserved-memory") == 0;
}

static bool is_enabled(const struct lookup *l, int node)
{
	return !fdt_getprop(l->tree, node, "status", NULL) || prop_is(l, node, "status", "okay") ||
	       prop_is(l, node, "status", "ok");
}

/* The node, or something that it is in. */
static bool check_level(struct lookup *l, unsigned level)
{
	const char *name = name_of(l, level);
	int node = l->nodes[level];

	if (is_memory(l, level))
		return refuse(l, "\"%s\" is memory, not a device: use memory_regions", name);
	if (prop_is(l, node, "device_type", "cpu") || (level == 1 && strcmp(name, "cpus") == 0))
		return refuse(l, "\"%s\" is no device: use cpu_num and phys_cpu_sets for CPUs",
			      name);
	if (is_interrupt_controller(l, node))
		return refuse(l, "\"%s\" is the interrupt controller: the host keeps it", name);
	if (!is_enabled(l, node))
		return refuse(l,
			      "\"%s\" is disabled in the board's device tree: use another device",
			      name);
	return true;
}

/* ---- Addresses ---- */

struct cells {
	int address;
	int size;
};

/* How the bus at that level counts; only what can be a CPU address. */
static bool get_cells(struct lookup *l, unsigned level, struct cells *out)
{
	out->address = fdt_address_cells(l->tree, l->nodes[level]);
	out->size = fdt_size_cells(l->tree, l->nodes[level]);
	if (out->address >= 1 && out->address <= CELLS_MAX && out->size >= 1 &&
	    out->size <= CELLS_MAX)
		return true;
	return refuse(l,
		      "what is in \"%s\" has no CPU addresses: its #address-cells and "
		      "#size-cells are not 1 or 2",
		      name_of(l, level));
}

/* Whether `inner` is in `size` bytes from `base` on, which may be more than there are. */
static bool is_inside(const struct bus_range *inner, uint64_t base, uint64_t size)
{
	return inner->base >= base && inner->size <= size &&
	       inner->base - base <= size - inner->size;
}

/* From the addresses in the bus of that level to those of the bus that it is in. */
static bool translate_once(struct lookup *l, unsigned level, struct bus_range *range)
{
	struct cells below, above;
	const fdt32_t *entry;
	int len, size;

	entry = fdt_getprop(l->tree, l->nodes[level], "ranges", &len);
	if (!entry)
		return refuse(l, "what is in \"%s\" has no CPU addresses: it has no ranges",
			      name_of(l, level));
	if (!len)
		return true;
	if (!get_cells(l, level, &below) || !get_cells(l, level - 1, &above))
		return false;
	size = below.address + above.address + below.size;
	for (len /= (int)sizeof(*entry); len >= size; len -= size, entry += size) {
		uint64_t from = read_cells(entry, below.address);
		uint64_t to = read_cells(entry + below.address, above.address);

		if (!is_inside(range, from, read_cells(entry + size - below.size, below.size)))
			continue;
		range->base = range->base - from + to;
		if (range->base >= to && range->base + (range->size - 1) >= range->base)
			return true;
	}
	return refuse(l, "0x%" PRIx64 " is outside of the ranges of \"%s\"", range->base,
		      name_of(l, level));
}

static bool translate(struct lookup *l, struct bus_range *range)
{
	for (unsigned level = l->level - 1; level; level--) {
		if (!translate_once(l, level, range))
			return false;
	}
	return true;
}

static bool read_range(struct lookup *l, const fdt32_t *entry, struct cells cells,
		       struct bus_range *out)
{
	out->base = read_cells(entry, cells.address);
	out->size = read_cells(entry + cells.address, cells.size);
	if (!out->size || out->base + (out->size - 1) < out->base)
		return refuse(l, "0x%" PRIx64 " bytes at 0x%" PRIx64 " in its reg are no device",
			      out->size, out->base);
	return translate(l, out);
}

static bool read_ranges(struct lookup *l, struct host_device *out)
{
	struct cells cells;
	int len, size;
	const fdt32_t *reg = fdt_getprop(l->tree, l->nodes[l->level], "reg", &len);

	if (!reg)
		return refuse(l, "has no reg, so no addresses that a VM could get");
	if (!get_cells(l, l->level - 1, &cells))
		return false;
	size = cells.address + cells.size;
	if (!len || len % (size * (int)sizeof(*reg)))
		return refuse(l, "has a damaged reg: %d bytes", len);
	for (len /= (int)sizeof(*reg); len; len -= size, reg += size) {
		if (out->range_num == AXVM_MAX_PASS_THROUGH_DEVICES)
			return refuse(l, "has too many entries in its reg: a VM gets at most %d",
				      AXVM_MAX_PASS_THROUGH_DEVICES);
		if (!read_range(l, reg, cells, &out->ranges[out->range_num++]))
			return false;
	}
	return true;
}

/* ---- Interrupts ---- */

/* The node that the interrupt is wired to, or less than 0. */
static int interrupt_parent(const struct lookup *l)
{
	for (unsigned i = l->level + 1; i--;) {
		int len;
		const fdt32_t *handle = fdt_getprop(l->tree, l->nodes[i], "interrupt-parent", &len);

		if (handle && len == (int)sizeof(*handle))
			return fdt_node_offset_by_phandle(l->tree, fdt32_ld(handle));
	}
	return -FDT_ERR_NOTFOUND;
}

/* How many cells an interrupt of that controller has; 0: not what its binding says. */
static int interrupt_cells(const struct lookup *l, int node)
{
	int len;
	const fdt32_t *size = fdt_getprop(l->tree, node, "#interrupt-cells", &len);
	uint32_t least = is_gic(l, node) ? GIC_CELLS : 1;

	if (!size || len != (int)sizeof(*size) || fdt32_ld(size) < least || fdt32_ld(size) > 8)
		return 0;
	return (int)fdt32_ld(size);
}

/* The first that is shared between CPUs; 0 when there is none, or it goes to another controller. */
static uint32_t first_interrupt(const struct lookup *l)
{
	int len, node = interrupt_parent(l);
	const fdt32_t *entry = fdt_getprop(l->tree, l->nodes[l->level], "interrupts", &len);
	bool gic = node >= 0 && is_gic(l, node);
	int cells = node >= 0 && (gic || is_plic(l, node)) ? interrupt_cells(l, node) : 0;

	if (!entry || !cells)
		return 0;
	if (!gic)
		return len >= (int)sizeof(*entry) ? fdt32_ld(entry) : 0;
	for (len /= (int)sizeof(*entry); len >= cells; len -= cells, entry += cells) {
		if (fdt32_ld(&entry[0]) == GIC_SPI && fdt32_ld(&entry[1]) < SPI_NUM)
			return FIRST_SPI + fdt32_ld(&entry[1]);
	}
	return 0;
}

/* ---- The whole ---- */

bool host_tree_has(const struct buffer *tree, const char *path, char why[HOST_TREE_TEXT])
{
	struct lookup l = { .tree = tree->data, .why = why };

	return look_up(&l, path);
}

bool host_tree_find(const struct buffer *tree, const char *path, struct host_device *out,
		    char why[HOST_TREE_TEXT])
{
	struct lookup l = { .tree = tree->data, .why = why };

	*out = (struct host_device){ 0 };
	if (!look_up(&l, path))
		return false;
	if (!l.level)
		return refuse(&l, "is the root of the device tree: name a device");
	for (unsigned level = 1; level <= l.level; level++) {
		if (!check_level(&l, level))
			return false;
	}
	snprintf(out->name, sizeof(out->name), "%s", name_of(&l, l.level));
	out->irq = first_interrupt(&l);
	return read_ranges(&l, out);
}
