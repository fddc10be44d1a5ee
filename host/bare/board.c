/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include "cpu.h"

#include <string.h>

struct board board;
struct cpu cpus[AXVM_MAX_PCPUS];
uint32_t cpu_num;

bool board_reserve(uint64_t base, uint64_t size, bool no_map)
{
	if (board.reserved_num == BOARD_MAX_RESERVED)
		return false;
	if (size)
		board.reserved[board.reserved_num++] = (struct board_range){ base, size, no_map };
	return true;
}

void board_keep(uint64_t base, uint64_t size)
{
	/* What cannot be noted is not given: see board_may_give(). */
	if (board.kept_num < BOARD_MAX_KEPT)
		board.kept[board.kept_num] = (struct board_range){ base, size, false };
	board.kept_num++;
}

static bool overlaps(const struct board_range *ranges, size_t num, uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < num; i++)
		if (base < ranges[i].base ? ranges[i].base - base < size :
					    base - ranges[i].base < ranges[i].size)
			return true;
	return false;
}

bool board_may_give(uint64_t base, uint64_t size)
{
	return board.kept_num <= BOARD_MAX_KEPT &&
	       !overlaps(board.memory, board.memory_num, base, size) &&
	       !overlaps(board.reserved, board.reserved_num, base, size) &&
	       !overlaps(board.kept, board.kept_num, base, size);
}

bool board_is_ram(uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < board.memory_num; i++) {
		const struct board_range *bank = &board.memory[i];

		if (base >= bank->base && size <= bank->size &&
		    base - bank->base <= bank->size - size)
			return true;
	}
	return false;
}

bool board_bootarg(const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key), len;

	for (const char *p = board.bootargs; *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strncmp(p, key, key_len) != 0 || p[key_len] != '=')
			continue;
		p += key_len + 1;
		len = strcspn(p, " ");
		if (len >= size)
			return false;
		memcpy(value, p, len);
		value[len] = '\0';
		return true;
	}
	return false;
}
