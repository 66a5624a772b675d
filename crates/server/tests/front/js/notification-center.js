window.NotificationCenter={}
