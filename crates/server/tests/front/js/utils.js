window.showToast={}
