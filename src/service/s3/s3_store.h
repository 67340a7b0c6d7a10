/*
 * s3_store: buckets, objects and unfinished uploads, in memory.
 *
 * Bodies are counted, so that storing, copying and serving an object moves no
 * bytes; what they hold counts against the store's ceiling (a copy counts once
 * more, as S3 bills it). The store knows no HTTP and decides nothing about
 * errors: it finds, keeps and forgets.
 */
#ifndef SERVICE_S3_STORE_H
#define SERVICE_S3_STORE_H

#include "base/map.h"
#include "port/port.h"
#include "service/s3/s3_digest.h"
#include "service/s3/s3_order.h"

#define S3_ETAG_MAX 40 /* 32 digits, '-', at most 5 digits of parts */

struct s3_object {
	struct slice key;
	char etag[S3_ETAG_MAX]; /* without quotes */
	uint64_t size, modified_ns;
	struct slice content_type;
	struct headers fields;  /* other headers that GetObject gives back: Cache-Control and so on */
	struct headers meta;    /* names without x-amz-meta- */
	enum s3_checksum checksum;
	struct slice checksum_text;
	struct body *body;
};

struct s3_part {
	int number;
	char etag[S3_ETAG_MAX];
	unsigned char md5[16];
	uint64_t size, modified_ns;
	struct body *body;
};

struct s3_upload {
	char id[33];
	struct s3_object *object; /* what it will be, without a body */
	struct s3_part *parts;    /* by number */
	size_t nparts, cap;
};

struct s3_bucket {
	struct slice name, region; /* region "" for us-east-1 */
	uint64_t created_ns;
	struct s3_order objects;   /* struct s3_object by key */
	struct map uploads;        /* struct s3_upload by id */
};

/* What it takes to undo one change (s3_journal.c). */
struct s3_change {
	enum s3_change_kind { S3_PUT, S3_DROP, S3_BUCKET_ADD, S3_BUCKET_DROP, S3_UPLOAD_ADD, S3_UPLOAD_DROP, S3_PART } kind;
	struct s3_bucket *bucket;
	struct s3_object *now, *before; /* NULL: there was none */
	struct s3_upload *upload;
	struct s3_part part;            /* before */
	int number;                     /* S3_PART: of the part; part.number 0: there was none */
};

struct s3_store {
	struct s3_order buckets;   /* struct s3_bucket by name */
	uint64_t used, max;        /* bytes of bodies, and their ceiling */
	uint64_t seed, counter;    /* for upload ids */
	bool journaling;           /* changes are remembered: nothing is freed that may come back */
	struct s3_change *journal;
	size_t nchanges, changes_cap;
};

void s3_store_init(struct s3_store *s, uint64_t max, uint64_t seed);
void s3_store_release(struct s3_store *s);

/* Buckets. */
struct s3_bucket *s3_bucket_find(const struct s3_store *s, struct slice name);
struct s3_bucket *s3_bucket_add(struct s3_store *s, struct slice name, struct slice region, uint64_t now_ns);
/* It has to be empty of objects; its uploads are forgotten. */
void s3_bucket_drop(struct s3_store *s, struct s3_bucket *b);

/* Objects. `o` is copied but for its body, of which a reference is taken. -1:
 * over the ceiling, nothing changed. */
int s3_object_put(struct s3_store *s, struct s3_bucket *b, const struct s3_object *o);
struct s3_object *s3_object_find(const struct s3_bucket *b, struct slice key);
bool s3_object_drop(struct s3_store *s, struct s3_bucket *b, struct slice key);

/* Uploads. */
struct s3_upload *s3_upload_add(struct s3_store *s, struct s3_bucket *b, const struct s3_object *o);
struct s3_upload *s3_upload_find(const struct s3_bucket *b, struct slice id);
/* Keeps or replaces the part; -1: over the ceiling. */
int s3_part_put(struct s3_store *s, struct s3_upload *u, const struct s3_part *part);
struct s3_part *s3_part_find(const struct s3_upload *u, int number);
/* The upload becomes the object, whose strings may be the upload's own. -1: over
 * the ceiling, nothing changed. */
int s3_upload_finish(struct s3_store *s, struct s3_bucket *b, struct s3_upload *u, const struct s3_object *o);
void s3_upload_drop(struct s3_store *s, struct s3_bucket *b, struct s3_upload *u);

/* ---- going back (s3_journal.c) ------------------------------------------- */

/* From now on changes are remembered; the mark of now. */
uint64_t s3_store_mark(struct s3_store *s);
/* Undoes what was changed since; -1: that mark was gone back over. */
int s3_store_restore(struct s3_store *s, uint64_t mark);
/* Every object of the bucket (empty: any) under the prefix as it was at the mark. */
int s3_store_restore_part(struct s3_store *s, uint64_t mark, struct slice bucket, struct slice prefix);
/* For the store: what was done. False: nobody wants to know, free what went. */
bool s3_journal_note(struct s3_store *s, const struct s3_change *c);
void s3_journal_release(struct s3_store *s);
/* For the journal: the other half of each change. */
void s3_object_free(struct s3_object *o);
void s3_upload_free(struct s3_store *s, struct s3_upload *u);
void s3_bucket_free(struct s3_store *s, struct s3_bucket *b);
uint64_t s3_upload_bytes(const struct s3_upload *u);

/* "" or 16 digits that differ with every n: seed and n, mixed. */
uint64_t s3_mix(uint64_t seed, uint64_t n);

#endif
