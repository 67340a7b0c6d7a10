/* Types that are still to come. */
#include "service/pg/sql/type/type.h"
#include "service/pg/sql/func/library_state.h"
const struct type_ops type_time_rows[] = { { 0 } };
const struct type_ops type_json_rows[] = { { 0 } };
const struct type_ops type_net_rows[] = { { 0 } };
const struct type_ops type_reg_rows[] = { { 0 } };
const struct type_ops type_range_ops = { 0 };
const struct type_ops type_multirange_ops = { 0 };
const struct style style_stored = { .float_digits = 1 };
const struct style *style_of(struct sql_env *env) { (void)env; return &style_stored; }
void regex_cache_free(struct regex_cache *c) { (void)c; }
