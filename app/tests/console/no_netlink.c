// Preloaded into Chromium: it learns of no change of the machine's interfaces. Other stack scenarios start and stop networks,
// and Chromium drops the loads under way at each change (net::ERR_NETWORK_CHANGED), although they go to this machine.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

int socket(int family, int type, int protocol) {
  if (family == AF_NETLINK) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  return next(family, type, protocol);
}
