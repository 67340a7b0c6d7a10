/*
 * owner: whose socket it is.
 *
 * A process that goes past the shim sends no record. What the kernel knows of
 * its socket leads to it: sock_diag(7) gives the inode, and /proc the process
 * that holds it. Costs a walk through /proc; asked only when there is no record.
 */
#ifndef HOST_OWNER_H
#define HOST_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/wire.h"

struct host;
struct process;

/* Opens the sock_diag socket inside. -1: this kernel has none; owners are then unknown. */
int owner_open(struct host *h);

/* Inode of the TCP socket with this local and remote end; 0: none. */
unsigned long owner_tcp_inode(int diag, const struct wire_addr *local, const struct wire_addr *remote);
/* There is one, or one that listens for it. (A connection that is being made has no inode yet.) */
bool owner_tcp_known(int diag, const struct wire_addr *local, const struct wire_addr *remote);
/* Inode of the TCP socket that a connection to this address would come to; 0: none is listening, or it listens on
 * another address of the machine. By the kernel's own look-up, whatever the number of sockets. */
unsigned long owner_tcp_listener(int diag, const struct wire_addr *at);
/* Inode of the UDP socket that is bound to this port: of `local` first, else of
 * any address; 0: none. */
unsigned long owner_udp_inode(int diag, const struct wire_addr *local);

/* Inode of a Unix socket that is bound to this file; 0: none. */
struct stat;
unsigned long owner_unix_inode(int diag, const struct stat *file);

/* A process other than the host that holds the socket; 0: nobody. */
pid_t owner_of_inode(unsigned long inode);

/* The run's process of that pid, which spoke without the shim's record: it is
 * named, and remembered as unshimmed when the shim is not in it, or when
 * `accuse`. Pid 0 stands for one that is gone: the only suspect, or "unknown".
 * Never NULL. */
struct process *owner_process(struct host *h, pid_t pid, bool accuse);

/* The program itself never said hello. */
void owner_accuse_root(struct host *h);

#endif
