/*
 * oids: OIDs of pseudo types and arrays that the analysis knows, besides those of
 * type/type.h. Source: pg_type.dat of PostgreSQL 15.
 */
#ifndef SERVICE_PG_SQL_OIDS_H
#define SERVICE_PG_SQL_OIDS_H

#include "service/pg/sql/type/type.h"

enum {
	T_TEXTARRAY = 1009, T_OIDARRAY = 1028, T_RECORDARRAY = 2287, T_ANY = 2276, T_TRIGGER = 2279, T_INTERNAL = 2281,
	T_ANYELEMENT = 2283, T_ANYNONARRAY = 2776, T_ANYENUM = 3500, T_ANYRANGE = 3831, T_ANYMULTIRANGE = 4537,
	T_ANYCOMPATIBLE = 5077, T_ANYCOMPATIBLEARRAY = 5078, T_ANYCOMPATIBLENONARRAY = 5079, T_ANYCOMPATIBLERANGE = 5080,
	T_ANYCOMPATIBLEMULTIRANGE = 4538,
};

#endif
