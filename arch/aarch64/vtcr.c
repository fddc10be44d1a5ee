/* SPDX-License-Identifier: Apache-2.0 */
#include "vtcr.h"

/* Enough for everything on today's boards; more would cost a larger root per VM. */
#define IPA_BITS_MAX 40

/* Level 1, the first here, resolves 9 bits, and 4 more by concatenation (Arm ARM D8.2). */
#define LEVEL1_SHIFT	 30
#define BITS_PER_LEVEL	 9
#define CONCATENATED_MAX 4
_Static_assert(IPA_BITS_MAX <= LEVEL1_SHIFT + BITS_PER_LEVEL + CONCATENATED_MAX,
	       "needs a start at level 0");

/* Fields of VTCR_EL2. */
#define VTCR_T0SZ(bits) ((uint64_t)(64 - (bits)))
#define VTCR_SL0_LEVEL1 (UINT64_C(1) << 6)
#define VTCR_IRGN0_WBWA (UINT64_C(1) << 8)
#define VTCR_ORGN0_WBWA (UINT64_C(1) << 10)
#define VTCR_SH0_INNER	(UINT64_C(3) << 12)
#define VTCR_TG0_4K	(UINT64_C(0) << 14)
#define VTCR_PS(range)	((uint64_t)(range) << 16)
#define VTCR_VS_16BIT	(UINT64_C(1) << 19)
#define VTCR_RES1	(UINT64_C(1) << 31)

#define MMFR0_PARANGE(mmfr0)  ((unsigned)((mmfr0) & 0xf))
#define MMFR1_VMIDBITS(mmfr1) ((unsigned)((mmfr1) >> 4 & 0xf))

/* Physical address bits by PARange. 52 and more take descriptors that these tables do not use. */
static const uint8_t pa_bits[] = { 32, 36, 40, 42, 44, 48 };

uint64_t stage2_vtcr_from(uint64_t mmfr0, uint64_t mmfr1, struct stage2_geometry *geo)
{
	unsigned top = sizeof(pa_bits) / sizeof(pa_bits[0]) - 1;
	unsigned range = MMFR0_PARANGE(mmfr0) < top ? MMFR0_PARANGE(mmfr0) : top;
	unsigned ipa_bits = pa_bits[range] < IPA_BITS_MAX ? pa_bits[range] : IPA_BITS_MAX;
	unsigned root_bits = ipa_bits - LEVEL1_SHIFT;
	unsigned concatenated = root_bits > BITS_PER_LEVEL ? root_bits - BITS_PER_LEVEL : 0;

	*geo = (struct stage2_geometry){
		.levels = 3,
		.level = {
			{ LEVEL1_SHIFT, (uint8_t)root_bits, true },
			{ LEVEL1_SHIFT - BITS_PER_LEVEL, BITS_PER_LEVEL, true },
			{ AXVM_PAGE_SHIFT, BITS_PER_LEVEL, true },
		},
		.gpa_bits = (uint8_t)ipa_bits,
		.root_frames = (uint8_t)(1u << concatenated),
	};
	return VTCR_RES1 | VTCR_T0SZ(ipa_bits) | VTCR_SL0_LEVEL1 | VTCR_IRGN0_WBWA |
	       VTCR_ORGN0_WBWA | VTCR_SH0_INNER | VTCR_TG0_4K | VTCR_PS(range) |
	       (MMFR1_VMIDBITS(mmfr1) == 2 ? VTCR_VS_16BIT : 0);
}
