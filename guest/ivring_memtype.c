// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps the region, and finds out which memory type it got: a request for a cached
 * mapping of a BAR silently results in an uncached one if the firmware has put the
 * BAR into a range that its MTRRs make uncached.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>

#include "ivring_driver.h"

#ifdef CONFIG_X86
#include <asm/pgtable_types.h>

/* The bits that select the memory type, in the layout of an entry for 4 KiB. */
#define CACHE_BITS	(_PAGE_PWT | _PAGE_PCD | _PAGE_PAT)

static enum ivring_memory_type memory_type(void *base, enum ivring_memory_type asked)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)base, &level);
	pgprot_t prot;

	if (!pte)
		return asked;
	prot = __pgprot(pte_flags(*pte));
	if (level != PG_LEVEL_4K)
		prot = pgprot_large_2_4k(prot);
	if ((pgprot_val(prot) & CACHE_BITS) == cachemode2protval(_PAGE_CACHE_MODE_WB))
		return IVRING_MEMORY_CACHED;
	if ((pgprot_val(prot) & CACHE_BITS) == cachemode2protval(_PAGE_CACHE_MODE_WC))
		return IVRING_MEMORY_WRITE_COMBINING;
	return IVRING_MEMORY_UNCACHED;
}
#else
static enum ivring_memory_type memory_type(void *base, enum ivring_memory_type asked)
{
	return asked;
}
#endif

const char *ivring_memory_name(enum ivring_memory_type type)
{
	switch (type) {
	case IVRING_MEMORY_CACHED:
		return "cached";
	case IVRING_MEMORY_WRITE_COMBINING:
		return "write-combining";
	default:
		return "uncached";
	}
}

void *ivring_memory_map(struct device *dev, const struct resource *res,
			enum ivring_memory_type *type)
{
	const size_t bytes = resource_size(res);
	void *base = devm_memremap(dev, res->start, bytes, MEMREMAP_WB);

	if (!IS_ERR(base)) {
		*type = memory_type(base, IVRING_MEMORY_CACHED);
		if (*type == IVRING_MEMORY_CACHED)
			return base;
		/* Two mappings of different types must not exist side by side. */
		devm_memunmap(dev, base);
	}
	base = devm_memremap(dev, res->start, bytes, MEMREMAP_WC);
	if (IS_ERR(base))
		return base;
	*type = memory_type(base, IVRING_MEMORY_WRITE_COMBINING);
	dev_warn(dev, "%pR cannot be mapped cached, using it %s: slow; put the BAR above 4 GiB (QEMU: pcie-root-port with pref64-reserve)\n",
		 res, ivring_memory_name(*type));
	return base;
}
