/* SPDX-License-Identifier: Apache-2.0 */
#include "hgatp.h"
#include <arch/stage2.h>

bool stage2_pbmt;

#define BITS_PER_LEVEL 9
#define ROOT_BITS      (BITS_PER_LEVEL + 2) /* "x4": the root is four frames, 16 KiB */
#define ROOT_FRAMES    4
#define LEAF_SHIFT_MAX 30 /* larger ones fit no host's memory */

static void describe(unsigned levels, struct stage2_geometry *geo)
{
	*geo = (struct stage2_geometry){ .levels = (uint8_t)levels, .root_frames = ROOT_FRAMES };
	for (unsigned i = 0; i < levels; i++) {
		unsigned shift = AXVM_PAGE_SHIFT + BITS_PER_LEVEL * (levels - 1 - i);

		geo->level[i].shift = (uint8_t)shift;
		geo->level[i].bits = i == 0 ? ROOT_BITS : BITS_PER_LEVEL;
		geo->level[i].leaf = shift <= LEAF_SHIFT_MAX;
	}
	geo->gpa_bits = geo->level[0].shift + ROOT_BITS;
}

enum hgatp_mode hgatp_geometry(uint32_t modes, struct stage2_geometry *geo)
{
	static const struct {
		enum hgatp_mode mode;
		unsigned levels;
	} shapes[] = { { HGATP_SV39X4, 3 }, { HGATP_SV48X4, 4 }, { HGATP_SV57X4, 5 } };

	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (!(modes >> shapes[i].mode & 1))
			continue;
		describe(shapes[i].levels, geo);
		return shapes[i].mode;
	}
	return HGATP_BARE;
}
