"""设置: server, device, looks, data folder, signing out."""
