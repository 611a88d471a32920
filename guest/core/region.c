// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats and recognises the region. Page 0 holds the header and the live line, the
 * next pages belong to the host, then come the descriptors, the metadata area and the
 * data.
 */
#include "region.h"

/* The kernel log gets an eighth of the data, and never less than this. */
#define KLOG_SHARE	8u
#define KLOG_BYTES_MIN	65536u
/* The metadata area gets an eighth of the region, in whole pages for each part. */
#define META_SHARE	8u
#define META_UNIT	((u64)IVRING_META_PARTS * IVRING_PAGE_BYTES)
/* The block size is the largest that leaves each ring at least so many blocks. */
#define BLOCKS_WANTED	16u

static u32 host_bytes(u32 nr_rings)
{
	return ALIGN((u32)sizeof(struct ivring_host) +
		     nr_rings * (u32)sizeof(struct ivring_consumer), (u32)IVRING_PAGE_BYTES);
}

static u32 rings_offset(u32 nr_rings)
{
	return IVRING_HOST_OFFSET + host_bytes(nr_rings);
}

static u64 meta_offset(u32 nr_rings)
{
	return ALIGN(rings_offset(nr_rings) + (u64)nr_rings * sizeof(struct ivring_ring_desc),
		     (u64)IVRING_PAGE_BYTES);
}

static u64 klog_bytes_min(u32 block_bytes)
{
	return max_t(u64, KLOG_BYTES_MIN, (u64)block_bytes * IVRING_BLOCKS_MIN);
}

u64 ivring_region_needs(u32 nr_trace, u32 block_bytes)
{
	block_bytes = max_t(u32, block_bytes, IVRING_BLOCK_BYTES_MIN);
	return meta_offset(nr_trace + 1) + META_UNIT + klog_bytes_min(block_bytes) +
	       (u64)nr_trace * block_bytes * IVRING_BLOCKS_MIN;
}

/* Returns the metadata area's share, if the rings can spare it; they do not need @spare. */
static u64 meta_bytes(u64 region_bytes, u64 spare)
{
	u64 bytes = min_t(u64, region_bytes / META_SHARE, IVRING_META_BYTES_MAX - META_UNIT);

	bytes = min_t(u64, bytes, spare);
	return META_UNIT + bytes - bytes % META_UNIT;
}

static bool valid_block_bytes(u32 bytes)
{
	return bytes >= IVRING_BLOCK_BYTES_MIN && bytes <= IVRING_BLOCK_BYTES_MAX &&
	       (bytes & (bytes - 1)) == 0;
}

int ivring_region_plan(const struct ivring_config *cfg, struct ivring_geometry *geo)
{
	u64 data, klog, trace;
	u32 block = cfg->block_bytes;

	if (cfg->nr_trace == 0 || cfg->nr_trace >= IVRING_RINGS_MAX ||
	    cfg->region_bytes > IVRING_REGION_BYTES_MAX ||
	    cfg->region_bytes % IVRING_PAGE_BYTES || (block && !valid_block_bytes(block)))
		return -EINVAL;
	if (cfg->region_bytes < ivring_region_needs(cfg->nr_trace, block))
		return -ENOSPC;

	geo->meta_offset = meta_offset(cfg->nr_trace + 1);
	geo->meta_bytes = meta_bytes(cfg->region_bytes, cfg->region_bytes -
				     ivring_region_needs(cfg->nr_trace, block));
	geo->data_offset = geo->meta_offset + geo->meta_bytes;
	data = cfg->region_bytes - geo->data_offset;
	klog = min_t(u64, data / KLOG_SHARE, data - (u64)cfg->nr_trace * IVRING_BLOCKS_MIN *
		     max_t(u32, block, IVRING_BLOCK_BYTES_MIN));
	klog = max_t(u64, klog, klog_bytes_min(block));
	trace = (data - klog) / cfg->nr_trace;
	if (!block)
		for (block = IVRING_BLOCK_BYTES_MAX; block > IVRING_BLOCK_BYTES_MIN; block /= 2)
			if (min_t(u64, trace, klog) / block >= BLOCKS_WANTED)
				break;
	geo->region_bytes = cfg->region_bytes;
	geo->nr_rings = cfg->nr_trace + 1;
	geo->block_bytes = block;
	geo->trace_blocks = (u32)(min_t(u64, trace, IVRING_RING_BYTES_MAX) / block);
	geo->klog_blocks = (u32)(min_t(u64, klog, IVRING_RING_BYTES_MAX) / block);
	geo->rings_offset = rings_offset(geo->nr_rings);
	return 0;
}

static u32 ring_blocks(const struct ivring_geometry *geo, u32 i)
{
	return i + 1 == geo->nr_rings ? geo->klog_blocks : geo->trace_blocks;
}

static u64 ring_offset(const struct ivring_geometry *geo, u32 i)
{
	return geo->data_offset + (u64)i * geo->trace_blocks * geo->block_bytes;
}

static void fill_ring(void *base, const struct ivring_config *cfg,
		      const struct ivring_geometry *geo, u32 i, u32 epoch, u64 session_id,
		      struct ivring_ring *r)
{
	const struct ivring_host *host = (void *)((u8 *)base + IVRING_HOST_OFFSET);
	struct ivring_ring_desc *desc = (void *)((u8 *)base + geo->rings_offset);
	bool klog = i + 1 == geo->nr_rings;

	r->clock_id = cfg->clock_id;
	for (r->block_shift = 0; 1u << r->block_shift < geo->block_bytes; r->block_shift++)
		;
	r->nr_blocks = ring_blocks(geo, i);
	r->epoch = epoch;
	r->session_id = session_id;
	r->kind = klog ? IVRING_KIND_KLOG : IVRING_KIND_TRACE;
	r->cpu = klog ? IVRING_CPU_NONE : i;
	r->write_combining = cfg->write_combining;
	r->data = (u8 *)base + ring_offset(geo, i);
	r->live = &desc[i].live;
	r->bell = cfg->bell;
	/* Except in lossless mode, the host's words are not even looked at. */
	r->host = cfg->lossless ? host : NULL;
	r->consumer = (const struct ivring_consumer *)(host + 1) + i;
}

static void fill_geometry(const struct ivring_geometry *geo, u32 i,
			  struct ivring_ring_geometry *g)
{
	bool klog = i + 1 == geo->nr_rings;

	memset(g, 0, sizeof(*g));
	g->kind = cpu_to_le32(klog ? IVRING_KIND_KLOG : IVRING_KIND_TRACE);
	g->cpu = cpu_to_le32(klog ? IVRING_CPU_NONE : i);
	g->data_offset = cpu_to_le64(ring_offset(geo, i));
	g->nr_blocks = cpu_to_le32(ring_blocks(geo, i));
	g->block_bytes = cpu_to_le32(geo->block_bytes);
}

static void fill_text(u8 *field, size_t bytes, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	memcpy(field, text ? text : "", min_t(size_t, n, bytes));
}

/* Makes the header, except its checksum, in private memory @h. */
static void fill_header(const struct ivring_config *cfg, const struct ivring_geometry *geo,
			u64 session_id, u32 epoch, struct ivring_region_header *h)
{
	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_le64(IVRING_MAGIC);
	h->abi_major = cpu_to_le16(IVRING_ABI_MAJOR);
	h->abi_minor = cpu_to_le16(IVRING_ABI_MINOR);
	h->header_bytes = cpu_to_le32(sizeof(*h));
	h->block_bytes = cpu_to_le32(geo->block_bytes);
	h->features_compat = cpu_to_le64(IVRING_FEATURES_COMPAT);
	h->features_incompat = cpu_to_le64(IVRING_FEATURES_INCOMPAT);
	h->region_bytes = cpu_to_le64(geo->region_bytes);
	h->session_id = cpu_to_le64(session_id);
	memcpy(h->boot_id, cfg->boot_id, IVRING_BOOT_ID_BYTES);
	h->epoch = cpu_to_le32(epoch);
	h->clock_id = cpu_to_le32(cfg->clock_id);
	h->clock_hz = cpu_to_le64(cfg->clock_hz);
	h->clock_base = cpu_to_le64(cfg->clock_base);
	h->utc_base_ns = cpu_to_le64(cfg->utc_base_ns);
	h->live_offset = cpu_to_le32(IVRING_LIVE_OFFSET);
	h->host_offset = cpu_to_le32(IVRING_HOST_OFFSET);
	h->host_bytes = cpu_to_le32(host_bytes(geo->nr_rings));
	h->rings_offset = cpu_to_le32(geo->rings_offset);
	h->nr_rings = cpu_to_le32(geo->nr_rings);
	h->ring_stride = cpu_to_le32(sizeof(struct ivring_ring_desc));
	h->meta_offset = cpu_to_le64(geo->meta_offset);
	h->meta_bytes = cpu_to_le64(geo->meta_bytes);
	h->data_offset = cpu_to_le64(geo->data_offset);
	h->data_bytes = cpu_to_le64(ring_offset(geo, geo->nr_rings - 1) +
				    (u64)geo->klog_blocks * geo->block_bytes - geo->data_offset);
	fill_text(h->guest_name, sizeof(h->guest_name), cfg->guest_name);
	fill_text(h->kernel_release, sizeof(h->kernel_release), cfg->kernel_release);
	fill_text(h->driver_version, sizeof(h->driver_version), cfg->driver_version);
}

static u32 checksum(const struct ivring_geometry *geo, const struct ivring_region_header *h)
{
	struct ivring_region_header copy = *h;
	struct ivring_ring_geometry g;
	u32 crc, i;

	copy.checksum = 0;
	crc = ivring_crc32(0, &copy, sizeof(copy));
	for (i = 0; i < geo->nr_rings; i++) {
		fill_geometry(geo, i, &g);
		crc = ivring_crc32(crc, &g, sizeof(g));
	}
	return crc;
}

/*
 * Finds out whether @old, a private copy, is a header that this driver would have
 * written, except for the fields that differ from boot to boot. The checksum is computed
 * with our own geometry, not with the descriptors in shared memory, because those are
 * written again in any case.
 */
static bool recognises(const struct ivring_config *cfg, const struct ivring_geometry *geo,
		       const struct ivring_region_header *old)
{
	struct ivring_region_header want;

	fill_header(cfg, geo, le64_to_cpu(old->session_id), le32_to_cpu(old->epoch), &want);
	want.checksum = old->checksum;
	memcpy(want.boot_id, old->boot_id, sizeof(want.boot_id));
	want.clock_hz = old->clock_hz;
	want.clock_base = old->clock_base;
	want.utc_base_ns = old->utc_base_ns;
	memcpy(want.guest_name, old->guest_name, sizeof(want.guest_name));
	memcpy(want.kernel_release, old->kernel_release, sizeof(want.kernel_release));
	memcpy(want.driver_version, old->driver_version, sizeof(want.driver_version));
	return old->session_id && le32_to_cpu(old->epoch) < 0xffffffffU &&
	       memcmp(&want, old, sizeof(want)) == 0 &&
	       le32_to_cpu(old->checksum) == checksum(geo, old);
}

/* Copies the header once, because the host may change it at any time. */
static void copy_header(const struct ivring_region_header *from, struct ivring_region_header *to)
{
	memcpy(to, from, sizeof(*to));
	/*
	 * MO(copy_header:A) has no pair. A hostile host orders nothing: the compiler must
	 * look only at the copy from here on, and not load from the region again.
	 */
	barrier();
}

static bool adopt_rings(void *base, const struct ivring_config *cfg,
			const struct ivring_geometry *geo, u32 epoch, u64 session_id,
			struct ivring_ring *const *rings)
{
	u32 i;

	for (i = 0; i < geo->nr_rings; i++) {
		fill_ring(base, cfg, geo, i, epoch, session_id, rings[i]);
		if (!ivring_ring_adopt(rings[i]))
			return false;
	}
	return true;
}

/*
 * Empties the part of this epoch, which held the texts of two driver starts ago. In a new
 * session the other part is emptied, too: its commit stays 0.
 */
static void start_meta(void *base, const struct ivring_geometry *geo, u32 epoch, bool known)
{
	struct ivring_meta *part;
	u32 i;

	for (i = 0; i < IVRING_META_PARTS; i++) {
		if (known && i != epoch % IVRING_META_PARTS)
			continue;
		part = (void *)((u8 *)base + geo->meta_offset +
				geo->meta_bytes / IVRING_META_PARTS * i);
		WRITE_ONCE(part->commit, 0);
		/*
		 * MO(start_meta:A) pairs with MetadataPart.loadEpoch:A. If that reads the
		 * epoch stored below, then MetadataPart.loadCommit:A behind it reads the 0
		 * stored above, or what came later: nobody takes old entries for new ones.
		 */
		wmb();
		part->epoch = cpu_to_le32(epoch);
		part->refused = 0;
		memset(part->reserved, 0, sizeof(part->reserved));
		if (i != epoch % IVRING_META_PARTS)
			continue;
		/*
		 * MO(start_meta:B) pairs with MetadataPart.loadCommit:A. If that reads the
		 * commit stored here, the part's head is whole.
		 */
		virt_store_release(&part->commit, cpu_to_le64(sizeof(*part)));
	}
}

bool ivring_region_attach(void *base, const struct ivring_config *cfg,
			  const struct ivring_geometry *geo, struct ivring_ring *const *rings,
			  struct ivring_left *left)
{
	struct ivring_region_header *shared = base, h;
	struct ivring_ring_desc *desc = (void *)((u8 *)base + geo->rings_offset);
	struct ivring_live *live = (void *)((u8 *)base + IVRING_LIVE_OFFSET);
	__le64 *mark = (void *)((u8 *)base + IVRING_MARK_OFFSET);
	u64 session_id = cfg->session_id;
	u32 epoch = 0, i;
	bool known;

	copy_header(shared, &h);
	known = recognises(cfg, geo, &h);
	if (known) {
		epoch = le32_to_cpu(h.epoch) + 1;
		known = adopt_rings(base, cfg, geo, epoch, le64_to_cpu(h.session_id), rings);
	}
	memset(left, 0, sizeof(*left));
	if (known) {
		session_id = le64_to_cpu(h.session_id);
		left->klog_seq = le64_to_cpu(READ_ONCE(live->klog_seq));
		left->klog_check = le32_to_cpu(READ_ONCE(live->klog_check));
	} else {
		epoch = 0;
	}
	fill_header(cfg, geo, session_id, epoch, &h);
	h.checksum = cpu_to_le32(checksum(geo, &h));

	/* Even if this start is interrupted, the next one recognises the region as ours. */
	WRITE_ONCE(*mark, cpu_to_le64(IVRING_MARK));
	/*
	 * MO(ivring_region_attach:A) pairs with is_ours:A. If the next driver reads the magic
	 * cleared below, it reads the mark as well, wherever this start was interrupted.
	 */
	wmb();
	/* No reader may take a half-written header, or old blocks for new ones. */
	WRITE_ONCE(shared->magic, 0);
	/*
	 * MO(ivring_region_attach:B) pairs with readHeader:B. If a reader's copy of the header
	 * has anything that is stored behind this, its second load of the magic, which is
	 * behind readHeader:B, reads the 0 stored above, or the magic of the next header, and
	 * then the checksum is not that of the copy.
	 */
	wmb();
	WRITE_ONCE(shared->session_id, h.session_id);
	/*
	 * MO(ivring_region_attach:C) pairs with RingReader.drain:A, Snapshot.copyBlocks:A and
	 * MetadataPart.news:A. If a reader's copy of a block has anything that is stored behind
	 * this, its load of the session id, which is behind its barrier, reads the new one.
	 */
	wmb();
	for (i = 0; i < geo->nr_rings; i++) {
		fill_geometry(geo, i, &desc[i].geometry);
		if (known) {
			ivring_ring_takeover(rings[i], cfg->takeover);
			continue;
		}
		fill_ring(base, cfg, geo, i, epoch, session_id, rings[i]);
		ivring_ring_start(rings[i]);
	}
	if (!known)
		memset((u8 *)base + IVRING_HOST_OFFSET, 0, host_bytes(geo->nr_rings));
	start_meta(base, geo, epoch, known);
	memset(live, 0, sizeof(*live));
	live->mode = cpu_to_le32(cfg->lossless ? IVRING_MODE_UNCONSUMED : IVRING_MODE_OVERWRITE);
	memcpy((u8 *)shared + sizeof(h.magic), (u8 *)&h + sizeof(h.magic),
	       sizeof(h) - sizeof(h.magic));
	/*
	 * MO(ivring_region_attach:D) pairs with readHeader:A. It drains the buffers of a
	 * write-combining mapping, which ivring_region_attach:E does not do, so that the
	 * header is visible before its magic.
	 */
	wmb();
	/*
	 * MO(ivring_region_attach:E) pairs with readHeader:A. If that reads the magic stored
	 * here, the copy behind it reads the whole header, or what a later start stored.
	 */
	virt_store_release(&shared->magic, h.magic);
	/*
	 * MO(ivring_region_attach:F) pairs with is_ours:A. If the next driver reads no mark, it
	 * reads the magic stored above.
	 */
	wmb();
	WRITE_ONCE(*mark, 0);
	return known;
}
