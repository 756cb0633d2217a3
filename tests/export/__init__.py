"""How crossings are delivered: real files, a real receiver on this machine, real processes that are killed."""
