window.SyncManager={}
