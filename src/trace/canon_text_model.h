/* canon_text_model: what the files of canon_text and shape share: leaves,
 * bodies, attributes. */
#ifndef TRACE_CANON_TEXT_MODEL_H
#define TRACE_CANON_TEXT_MODEL_H

#include <stdlib.h>

#include "trace/canon_text.h"

#define TEXT_MAX ((size_t)1 << 32)

/* canon_leaf.c: placeholders; `alone` with quotes around. */
void canon_put(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out);
void canon_put_alone(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out);
void canon_scan(struct canon_text *x, struct slice s, bool escapes, struct slice path, struct buf *out);
void canon_leaf(struct canon_text *x, struct slice path, struct slice value, struct buf *out);
void canon_noise(struct canon_text *x, struct noise_rule *r, struct slice path, struct slice value, struct buf *out);

/* canon_body.c */
void canon_copy(struct canon_text *x, struct slice value, struct slice at, struct buf *out);
void canon_copy_blob(struct canon_text *x, struct slice value, struct slice path, struct buf *out);
void canon_boundary_of(struct canon_text *x, struct slice ct);
void canon_payload(struct canon_text *x, struct slice payload, bool request, struct buf *out);

/* canon_attr.c */
enum attr_rule { AS_IT_IS, AS_TYPE, AS_ID, AS_DIGEST, AS_ETAG, AS_PARENT, AS_SQL, AS_NOTHING };
struct attr_leaf {
	struct canon_text *x;
	const struct canon_names *names; /* NULL: a shape */
	bool volatile_req, volatile_res, loopback;
	bool first;
};
enum attr_rule canon_attr_rule(struct slice name, enum volatile_type *type);
void canon_attr_value(struct attr_leaf *l, struct slice name, enum attr_rule rule, enum volatile_type type, struct slice path,
		      struct slice value, struct buf *out);
void canon_attrs(struct attr_leaf *l, struct slice attrs, uint32_t count, struct buf *out);

/* canon_text.c */
void canon_scope(struct canon_text *x, struct slice k, struct slice st, struct slice sum, struct slice a);
bool canon_ephemeral(struct slice st, struct buf *as, struct slice *boundary);
void canon_learn_etags(struct canon_text *x, struct slice cor);
void canon_cor(struct canon_text *x, struct slice cor, struct buf *out);

#endif
